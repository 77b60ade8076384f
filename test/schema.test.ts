import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { describe, expect, it } from "vitest";
import type { Kind } from "../crds/kinds.gen.ts";
import { readManifests } from "../controller/sources/manifest/read.ts";
import { brokenRules, TWINS } from "../controller/sources/manifest/rules.ts";
import {
  adapterNames,
  adaptersWith,
  isKind,
  KINDS,
  type StructuralSchema,
} from "../controller/sources/manifest/schema.ts";
import { composeAdapters } from "../scripts/generate/compose.ts";
import { staleFiles } from "../scripts/generate.ts";
import { typesOf } from "../scripts/generate/types.ts";

const ROOT = join(import.meta.dirname, "..");
const CRDS = ["vendoraccounts", "credentials", "rotationrequests", "rotationdecisions"].map((name) => ({
  name,
  text: readFileSync(join(ROOT, `crds/${name}.yaml`), "utf8"),
}));

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: { readonly kind: Kind; readonly shortNames: string[]; readonly categories: string[] };
    readonly versions: readonly [
      {
        readonly name: string;
        readonly subresources: object;
        readonly selectableFields?: readonly { readonly jsonPath: string }[];
        readonly schema: { readonly openAPIV3Schema: StructuralSchema };
      },
    ];
  };
}

const crds = CRDS.map(({ text }) => parse(text) as Crd);

interface Place {
  readonly kind: Kind;
  readonly path: string;
  readonly schema: StructuralSchema;
}

function* placesBelow(kind: Kind, path: string, schema: StructuralSchema): Generator<Place> {
  yield { kind, path, schema };
  for (const [name, child] of Object.entries(schema.properties ?? {}))
    yield* placesBelow(kind, `${path}.${name}`, child);
  if (schema.items) yield* placesBelow(kind, `${path}[]`, schema.items);
  if (schema.additionalProperties) yield* placesBelow(kind, `${path}{}`, schema.additionalProperties);
}

const places = crds.flatMap((crd) =>
  ["spec", "status"].flatMap((part) => {
    const schema = crd.spec.versions[0].schema.openAPIV3Schema.properties?.[part];
    return schema ? [...placesBelow(crd.spec.names.kind, part, schema)] : [];
  }),
);

function boundOf({ schema }: Place): boolean {
  if (schema.type === "string") return schema.enum !== undefined || typeof schema.maxLength === "number";
  if (schema.type === "array") return typeof schema.maxItems === "number";
  if (schema.type === "integer") return typeof schema.minimum === "number" && typeof schema.maximum === "number";
  if (schema.type !== "object") return true;
  const open = schema.additionalProperties !== undefined || schema["x-kubernetes-preserve-unknown-fields"] === true;
  return !open || typeof schema.maxProperties === "number";
}

describe("the CRDs", () => {
  it("have the names, scopes and parts that the design gives them", () => {
    const shown = crds.map(({ metadata, spec }) => [
      metadata.name,
      spec.group,
      spec.scope,
      ...spec.names.shortNames,
      ...spec.names.categories,
      spec.versions[0].name,
      Object.keys(spec.versions[0].subresources),
    ]);
    expect(shown).toEqual([
      ["vendoraccounts.velvet.raxx.app", "velvet.raxx.app", "Cluster", "va", "velvet", "v1alpha1", ["status"]],
      ["credentials.velvet.raxx.app", "velvet.raxx.app", "Namespaced", "cred", "velvet", "v1alpha1", ["status"]],
      ["rotationrequests.velvet.raxx.app", "velvet.raxx.app", "Namespaced", "rr", "velvet", "v1alpha1", ["status"]],
      ["rotationdecisions.velvet.raxx.app", "velvet.raxx.app", "Namespaced", "rd", "velvet", "v1alpha1", ["status"]],
    ]);
  });

  it("let requests and decisions be selected by their Credential", () => {
    for (const crd of crds.slice(2)) {
      const paths = crd.spec.versions[0].selectableFields?.map(({ jsonPath }) => jsonPath);
      expect(paths).toContain(".spec.credentialRef.name");
    }
  });

  it("describe every field, with an example", () => {
    const bare = places.filter(({ schema }) => !/^[A-Z`].+ Example: `.+`\.$/s.test(schema.description ?? ""));
    expect(bare.map(({ kind, path }) => `${kind}.${path}`)).toEqual([]);
  });

  it("bound every field", () => {
    expect(places.filter((place) => !boundOf(place)).map(({ kind, path }) => `${kind}.${path}`)).toEqual([]);
  });

  it("use only patterns that Go and JavaScript read alike", () => {
    const patterns = places.flatMap(({ schema }) => (typeof schema.pattern === "string" ? [schema.pattern] : []));
    expect(patterns.length).toBeGreaterThan(50);
    expect(patterns.filter((pattern) => /\(\?|\\[1-9]|\\[dwb]/.test(pattern))).toEqual([]);
  });

  it("read the same in YAML 1.1, which kubectl follows, and in YAML 1.2", () => {
    for (const { text } of CRDS) expect(parse(text, { version: "1.1" })).toEqual(parse(text));
  });

  it("name no URL, host or token in what a tenant writes", () => {
    const located = places.filter(
      ({ kind, path }) => kind !== "VendorAccount" && /\.(url|host|token|template)$/i.test(path),
    );
    expect(located).toEqual([]);
  });

  it("give a decision no defaults, since it is identified by its spec", () => {
    const defaulted = places.filter(
      ({ kind, path, schema }) => kind === "RotationDecision" && path !== "status" && "default" in schema,
    );
    expect(defaulted).toEqual([]);
  });
});

describe("generated files", () => {
  it("are fresh", async () => {
    expect((await staleFiles()).map(({ path }) => path)).toEqual([]);
  });

  it("are named when they are stale or missing", async () => {
    const stale = await staleFiles([
      { path: "crds/kinds.gen.ts", produce: () => "other" },
      { path: "crds/nowhere.gen.ts", produce: () => "new" },
    ]);
    expect(stale.map(({ path }) => path)).toEqual(["crds/kinds.gen.ts", "crds/nowhere.gen.ts"]);
  });

  it("replace what stands between the marks, and nothing else", () => {
    const text = "a: 1 # mine\nenum:\n  # adapters: names\n  - old\n  # end of adapters\n# mine too\nb: 2\n";
    const adapters = ["file", "vault"].map((name) => ({ name, blocks: {} }));
    const composed = composeAdapters(text, adapters);
    expect(composed).toBe(
      "a: 1 # mine\nenum:\n  # adapters: names\n  - file\n  - vault\n  # end of adapters\n# mine too\nb: 2\n",
    );
    expect(composeAdapters(composed, adapters)).toBe(composed);
  });

  it("take a new adapter into every place, its types included", () => {
    const block = { type: "object", description: "Mount. Example: `{}`.", properties: { mount: { type: "string" } } };
    const adapters = [{ name: "key-vault", blocks: { account: block, issuer: block, sink: block } }];
    const composed = CRDS.map(({ text }) => composeAdapters(text, adapters));
    expect(composed[0]).toContain("(!has(self.key__dash__vault) || self.adapter == 'key-vault')");
    expect(composed[1]?.match(/^ +key-vault:$/gm)).toHaveLength(3);
    const types = typesOf(composed);
    for (const name of ["KeyVaultAccount", "KeyVaultIssuer", "KeyVaultSink"])
      expect(types).toContain(`interface ${name} {`);
    expect(types).not.toContain("FileSink");
  });
});

describe("CEL rules and their offline twins", () => {
  const rules = places.flatMap(({ kind, path, schema }) =>
    (schema["x-kubernetes-validations"] ?? []).map(({ rule, message, fieldPath }) => ({
      kind,
      place: path,
      rule,
      message,
      at: fieldPath?.slice(1),
      transition: rule.includes("oldSelf"),
    })),
  );

  it("are the same, one for one", () => {
    const twins = TWINS.map(({ kind, place, rule, message, at, transition }) => ({
      kind,
      place,
      rule,
      message,
      at,
      transition,
    }));
    const key = (rule: object): string => JSON.stringify(rule);
    expect(twins.map(key).sort()).toEqual(rules.map(key).sort());
    expect(new Set(twins.map(key)).size).toBe(twins.length);
  });

  const folder = join(ROOT, "test/refused");
  const fixtures = readdirSync(folder).map((file) => ({
    code: basename(file, ".yaml").split(".")[0] ?? "",
    file,
    text: readFileSync(join(folder, file), "utf8"),
  }));

  it.each(fixtures)("refuse $file in the same way", ({ code, file, text }) => {
    const specs = parseAllDocuments(text).map((document) => document.toJS() as { kind: Kind; spec: unknown });
    const last = specs.at(-1);
    const broken = brokenRules(
      last?.kind ?? "Credential",
      last?.spec,
      () => false,
      specs.length > 1 ? specs[0]?.spec : undefined,
    );
    expect(broken.map(({ twin }) => twin.code)).toEqual([code]);
    const { problems } = readManifests({ path: file, text }, { tree: "any" });
    expect(problems.map((problem) => problem.code)).toEqual(broken[0]?.twin.transition ? [] : [code]);
  });

  it("have a fixture each, and the rules of adapter blocks hold for every pair of adapters", () => {
    for (const twin of TWINS.filter(({ code }) => code !== "TwoBlocks"))
      expect(
        fixtures.filter(({ code, text }) => code === twin.code && text.includes(twin.kind)).length,
      ).toBeGreaterThan(0);
    for (const twin of TWINS.filter(({ code }) => code === "TwoBlocks")) {
      const names = adaptersWith(twin.kind, twin.place);
      for (const one of names)
        for (const other of names) expect(twin.holds({ [one]: {}, [other]: {} }, undefined)).toBe(one === other);
    }
    expect(adapterNames().length).toBeGreaterThan(1);
  });

  it("let a request change only its suspend", () => {
    const spec = { credentialRef: { name: "a" }, flow: "Operational", reason: "r", requestedBy: "ada", suspend: false };
    const broken = (next: object): number => brokenRules("RotationRequest", next, () => false, spec).length;
    expect(broken({ ...spec, suspend: true })).toBe(0);
    expect(broken({ ...spec, reason: "another" })).toBe(1);
    expect(broken({ ...spec, ticket: "SEC-1" })).toBe(1);
  });
});

describe("the example manifests", () => {
  const folder = join(ROOT, "manifests");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yaml"));

  it.each(files)("%s is accepted where it stands", (file) => {
    const tree = file.startsWith("platform") ? "platform" : "tenant";
    const text = readFileSync(join(folder, file), "utf8");
    const { documents, problems } = readManifests({ path: file, text }, { tree, environment: "development" });
    expect(problems).toEqual([]);
    expect(documents).toHaveLength(1);
    expect(documents[0]?.namespace).toBeUndefined();
  });

  it("show every kind", () => {
    const kinds = files.map((file) => (parse(readFileSync(join(folder, file), "utf8")) as { kind: unknown }).kind);
    expect(new Set(kinds.filter(isKind))).toEqual(new Set(KINDS));
  });
});
