import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Kind } from "../../crds/kinds.gen.ts";
import { plainDocument } from "../../controller/sources/manifest/plain.ts";
import { readManifests } from "../../controller/sources/manifest/read.ts";
import { brokenRules } from "../../controller/sources/manifest/rules.ts";
import { readTrees } from "../../controller/sources/manifest/tree.ts";
import type { ApiAccess, Ended } from "./environment/access.ts";
import { describeKubernetes, installCrds, sharedApiServer } from "./environment/shared.ts";

const ROOT = join(import.meta.dirname, "../..");
const REFUSED = join(ROOT, "test/refused");
const REQUEST = {
  apiVersion: "velvet.raxx.app/v1alpha1",
  kind: "RotationRequest",
  metadata: { name: "quarterly" },
  spec: {
    credentialRef: { name: "orders-db" },
    flow: "Operational",
    reason: "quarterly",
    requestedBy: "ada",
    ticket: "SEC-1",
  },
};

describeKubernetes("the CRDs on a real API server", () => {
  let server: ApiAccess;
  let namespace: string;
  const kubectl = (...args: readonly string[]): Promise<Ended> => server.kubectl([...args, "--namespace", namespace]);
  const send = (verb: "create" | "replace", text: string): Promise<Ended> =>
    server.kubectl([verb, "--validate=strict", "--filename=-", "--namespace", namespace], { stdin: text });
  const stored = async (...args: readonly string[]) =>
    JSON.parse((await kubectl("get", ...args, "--output=json")).stdout);

  beforeAll(async () => {
    server = sharedApiServer();
    await installCrds(server);
    namespace = await server.createNamespace("crds");
    await server.must(["create", "--filename=-", "--namespace", namespace], { stdin: JSON.stringify(REQUEST) });
  });

  it("are served with schemas that the server finds structural and within the cost of their rules", async () => {
    const { items } = await stored("customresourcedefinitions");
    const ours = items.filter(({ spec }: { spec: { group: string } }) => spec.group === "velvet.raxx.app");
    expect(ours).toHaveLength(4);
    for (const { status } of ours)
      expect(status.conditions.map(({ type, status }: Record<string, string>) => `${type}=${status}`).sort()).toEqual([
        "Established=True",
        "NamesAccepted=True",
      ]);
  });

  it.each(readdirSync(REFUSED))("refuse %s where the offline rules refuse it, in the same words", async (file) => {
    const { code, place, message, text, before } = refusedOffline(file);
    expect(code).toBe(basename(file, ".yaml").split(".")[0]);
    for (const stdin of before) await server.must(["create", "--filename=-", "--namespace", namespace], { stdin });
    const answer = await send(before.length > 0 ? "replace" : "create", text);
    expect(answer.code).toBe(1);
    expect(answer.stderr.trim().split(" is invalid: ")[1]).toBe(`${place}: Invalid value: ${message}`);
  });

  it("accept every example manifest", async () => {
    const own = await server.createNamespace("examples");
    const args = [
      "apply",
      "--dry-run=server",
      "--validate=strict",
      "--recursive",
      "--filename",
      join(ROOT, "manifests"),
    ];
    const { code, stdout, stderr } = await server.kubectl([...args, "--namespace", own]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.trim().split("\n")).toHaveLength(8);
  });

  it("explain their fields", async () => {
    const { stdout } = await kubectl("explain", "credential.spec.consumers");
    expect(stdout).toContain("Every registered holder of a copy.");
    expect(stdout).toMatch(/check\t<Object>\n +How to see that it works\./);
  });

  it("are found by short name and category, and selected by field", async () => {
    expect((await kubectl("get", "rr", "--output=name")).stdout).toContain(
      "rotationrequest.velvet.raxx.app/quarterly\n",
    );
    for (const short of ["cred", "rd", "va"]) expect(await kubectl("get", short)).toMatchObject({ code: 0 });
    expect((await kubectl("get", "velvet", "--output=name")).stdout).toContain(
      "rotationrequest.velvet.raxx.app/quarterly",
    );
    const select = (field: string) => kubectl("get", "rr", "--output=name", `--field-selector=${field}`);
    expect((await select("spec.credentialRef.name=orders-db,spec.flow=Operational")).stdout).toContain("/quarterly\n");
    expect((await select("spec.credentialRef.name=other")).stdout).toBe("");
    expect((await select("spec.ticket=SEC-1")).stderr).toContain("field label not supported");
  });

  it("give a new object a status that is not falsely current", async () => {
    expect((await stored("rr", "quarterly")).status).toEqual({ observedGeneration: -1 });
  });

  it("show how far a rotation is in columns", async () => {
    const condition = { type: "Ready", status: "False", reason: "RevokeApproval", message: "Waits for approval." };
    const status = {
      observedGeneration: 1,
      consumersReady: "3/4",
      conditions: [{ ...condition, lastTransitionTime: "2026-11-21T09:30:00Z" }],
    };
    const patch = ["patch", "rr", "quarterly", "--subresource=status", "--type=merge", "--patch"];
    expect((await kubectl(...patch, JSON.stringify({ status }))).stderr).toBe("");
    const rows = async (...more: readonly string[]): Promise<readonly string[][]> =>
      (await kubectl("get", "rr", "quarterly", ...more)).stdout
        .trim()
        .split("\n")
        .map((line) => line.split(/ {2,}/));
    expect(await rows()).toEqual([
      ["NAME", "CREDENTIAL", "FLOW", "STAGE", "READY", "CONSUMERS", "AGE"],
      ["quarterly", "orders-db", "Operational", "RevokeApproval", "False", "3/4", expect.stringMatching(/^\d+[sm]/)],
    ]);
    const [head, row] = await rows("--output=wide");
    expect(head?.slice(7)).toEqual(["REQUESTER", "TICKET", "MESSAGE"]);
    expect(row?.slice(7)).toEqual(["ada", "SEC-1", "Waits for approval."]);
  });

  it("let a request be suspended, and refuse a field that nobody knows", async () => {
    const patch = (spec: object) =>
      kubectl("patch", "rr", "quarterly", "--type=merge", "--patch", JSON.stringify({ spec }));
    expect(await patch({ suspend: true })).toMatchObject({ code: 0 });
    const text = JSON.stringify({ ...REQUEST, metadata: { name: "typo" }, spec: { ...REQUEST.spec, sospend: true } });
    expect((await send("create", text)).stderr).toContain('unknown field "spec.sospend"');
  });

  it("store for `yes` what the offline reader refuses as ambiguous", async () => {
    const text = `apiVersion: velvet.raxx.app/v1alpha1
kind: RotationRequest
metadata: {name: ambiguous}
spec: {credentialRef: {name: a}, flow: Testing, reason: r, requestedBy: ada, suspend: yes}
`;
    expect(await send("create", text)).toMatchObject({ code: 0 });
    expect((await stored("rr", "ambiguous")).spec.suspend).toBe(true);
    const { problems } = readManifests({ path: "a.yaml", text }, { tree: "tenant" });
    expect(problems.map(({ code }) => code)).toContain("AmbiguousYaml");
  });
});

/** The only rule that a fixture breaks; the rules of a change are broken by the second of two documents. */
function refusedOffline(file: string) {
  const documents = parseAllDocuments(readFileSync(join(REFUSED, file), "utf8"));
  const texts = documents.map((document) => JSON.stringify(document.toJS()));
  const specs = documents.map((document) => document.toJS() as { readonly kind: Kind; readonly spec: unknown });
  const [last, ...earlier] = specs.toReversed();
  if (!last) throw new Error(`${file} is empty`);
  const [broken, ...more] = brokenRules(last.kind, last.spec, () => false, earlier[0]?.spec);
  if (!broken || more.length > 0) throw new Error(`${file} must break exactly one rule offline`);
  const steps = broken.path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`));
  return {
    code: broken.twin.code,
    message: broken.twin.message,
    place: steps.join("").slice(1),
    text: texts.at(-1) ?? "",
    before: texts.slice(0, -1),
  };
}

/** What kubectl, which follows YAML 1.1, reads otherwise than YAML 1.2 does. */
const AMBIGUOUS = ["yes", "No", "on", "OFF", "012", "-012", "1_000", "0b101"];
const CLEAR = ["true", "False", "null", "~", "12", "-3", "1.5", "1e3", "0x1F", "'yes'", '"012"', "orders", "1.2.3"];
const ODD = [
  "2026-11-23",
  "2026-11-23T09:00:00Z",
  "1h30m",
  "08",
  "+1",
  ".5",
  "TRUE",
  "nil",
  "1e",
  "1:30:00",
  "y",
  "=",
  "0x",
  "1__0",
  "0o14",
  "12:30",
];

describeKubernetes("a value that kubectl stores", () => {
  const manifest = (scalar: string): string => `apiVersion: velvet.test/v1
kind: Thing
metadata: {name: thing}
spec:
  value: ${scalar}
`;
  const offline = (scalar: string): { readonly value: unknown; readonly codes: readonly string[] } => {
    const [tree] = readTrees(manifest(scalar)).trees;
    if (!tree) throw new Error("no document");
    const { value, complaints } = plainDocument(tree);
    return { value: (value as { spec: { value: unknown } }).spec.value, codes: complaints.map(({ code }) => code) };
  };
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.velvet.test" },
    spec: {
      group: "velvet.test",
      scope: "Namespaced",
      names: { kind: "Thing", plural: "things" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  };
  const namespace = "default";
  let server: ApiAccess;
  beforeAll(async () => {
    server = sharedApiServer();
    const stdin = JSON.stringify(definition);
    await server.must(["create", "--filename=-"], { stdin });
    await server.must(["wait", "--for=condition=Established", "crd/things.velvet.test", "--timeout=30s"]);
  });
  afterAll(async () => {
    await server.kubectl(["delete", "crd", "things.velvet.test", "--ignore-not-found"]);
  });
  const store = async (scalar: string): Promise<unknown> => {
    const args = ["create", "--dry-run=server", "--output=json", "--filename=-", "--namespace", namespace];
    const { stdout, stderr } = await server.kubectl(args, { stdin: manifest(scalar) });
    if (stderr !== "") throw new Error(stderr);
    return (JSON.parse(stdout) as { spec: { value: unknown } }).spec.value;
  };

  it.each(AMBIGUOUS)("for %s is another than YAML 1.2 has, and refused offline", async (scalar) => {
    const { value, codes } = offline(scalar);
    expect(await store(scalar)).not.toEqual(value);
    expect(codes).toEqual(["AmbiguousYaml"]);
  });

  it.each(CLEAR)("for %s is what is read offline", async (scalar) => {
    const { value, codes } = offline(scalar);
    expect(await store(scalar)).toEqual(value);
    expect(codes).toEqual([]);
  });

  it.each(ODD)("for %s is what is read offline, or that is refused", async (scalar) => {
    const { value, codes } = offline(scalar);
    const isRead = codes.length === 0;
    expect(isRead ? await store(scalar) : codes).toEqual(isRead ? value : ["AmbiguousYaml"]);
  });
});
