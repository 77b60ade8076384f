import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isInstant } from "../controller/sources/manifest/instant.ts";
import { KINDS, specSchema } from "../controller/sources/manifest/schema.ts";
import { ACCOUNT, CREDENTIAL, REQUEST } from "./support/manifests.ts";

const ROOT = join(import.meta.dirname, "..");
const EXAMPLES = globSync("manifests/**/*.yaml", { cwd: ROOT }).sort();

function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function compiled(path: string): ValidateFunction {
  const ajv = new Ajv({ strict: true, allErrors: true });
  ajv.addFormat("date-time", isInstant);
  return ajv.compile(JSON.parse(textOf(path)));
}

const any = compiled("crds/schema/velvet.json");

describe("the schemas for editors", () => {
  it.each(EXAMPLES)("accept %s by the line that it carries, and as any kind", (path) => {
    const text = textOf(path);
    const named = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? "";
    const file = relative(ROOT, join(ROOT, dirname(path), named));
    expect(existsSync(join(ROOT, file)), file).toBe(true);
    const validate = compiled(file);
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
    expect(any(parse(text)), JSON.stringify(any.errors)).toBe(true);
  });

  it.each([
    ["a field that there is none of", CREDENTIAL.replace("credentialName", "credentialNam")],
    ["a field of an adapter's block", CREDENTIAL.replace("role: orders", "rolle: orders")],
    ["a value that is none of the choices", REQUEST.replace("Operational", "Operatonal")],
    ["text where a list belongs", ACCOUNT.replace("allow: [{namespaces: [orders]}]", "allow: orders")],
    ["a time that does not exist", `${REQUEST}  deadline: "2026-13-01T00:00:00Z"\n`],
    ["another kind's spec", REQUEST.replace("RotationRequest", "RotationDecision")],
    ["a kind that there is none of", REQUEST.replace("RotationRequest", "Rotation")],
    ["no name", REQUEST.replace("name: rotate-orders-db", "labels: {}")],
    ["a status", `${REQUEST}status: {}\n`],
    ["a namespace of a VendorAccount", ACCOUNT.replace("{name: local-random}", "{name: local-random, namespace: a}")],
  ])("refuse %s", (_, text) => {
    expect(any(parse(text))).toBe(false);
  });

  it.each([
    ["a Credential", CREDENTIAL],
    ["a RotationRequest", REQUEST],
    ["a VendorAccount", ACCOUNT],
  ])("accept %s that the controller accepts", (_, text) => {
    expect(any(parse(text)), JSON.stringify(any.errors)).toBe(true);
  });

  it("say nothing that only an API server understands", () => {
    for (const path of globSync("crds/schema/*.json", { cwd: ROOT }))
      expect(textOf(path)).not.toContain("x-kubernetes");
  });

  it.each(KINDS)("describe every field of a %s, keep its defaults, and tell its rules", (kind) => {
    const schema = textOf(`crds/schema/${kind.toLowerCase()}.json`);
    const crd = JSON.stringify(specSchema(kind));
    const count = (text: string, what: RegExp): number => (text.match(what) ?? []).length;
    expect(count(schema, /"default":/g)).toBe(count(crd, /"default":/g));
    expect(count(schema, /"enum":/g)).toBe(count(crd, /"enum":/g));
    for (const [, message = ""] of crd.matchAll(/"message":("(?:[^"\\]|\\.)*")/g))
      expect(schema).toContain(JSON.stringify(JSON.parse(message)).slice(1, -1));
  });
});
