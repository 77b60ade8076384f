import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { ACCOUNT, CREDENTIAL, only, read, REQUEST } from "../../../test/support/manifests.ts";

describe("a good manifest", () => {
  it("is handed on with its name, its line and the schema's defaults", () => {
    const { documents, problems } = read(`# a comment\n---\n${REQUEST}`);
    expect(problems).toEqual([]);
    expect(documents).toEqual([
      {
        kind: "RotationRequest",
        name: "rotate-orders-db",
        line: 3,
        spec: {
          credentialRef: { name: "orders-db" },
          flow: "Operational",
          reason: "quarterly rotation",
          requestedBy: "ada",
          expect: "Alive",
          suspend: false,
        },
      },
    ]);
  });

  it("has nested defaults as well", () => {
    const spec = read(CREDENTIAL).documents[0]?.spec;
    expect(spec).toMatchObject({
      gates: { mint: "Automatic", revoke: "Approval" },
      drift: { interval: "1h", mode: "Warn" },
      rotation: { strategy: "Overlap", failureBudget: 0 },
      consumers: [{ active: true, role: "caller", wave: 0 }],
    });
  });

  it("is the same when it is read, written and read again, as YAML or as JSON", () => {
    const [document] = read(CREDENTIAL).documents;
    const { kind, name, spec } = document ?? {};
    const again = { apiVersion: "velvet.raxx.app/v1alpha1", kind, metadata: { name }, spec };
    expect(read(stringify(again)).documents[0]?.spec).toEqual(spec);
    expect(read(JSON.stringify(again, undefined, "\t"), { path: "a.json" }).documents[0]?.spec).toEqual(spec);
  });

  it("may stand beside others in one file, each with its line", () => {
    const { documents } = read(`${REQUEST}---\n${CREDENTIAL}---\n# nothing\n`);
    expect(documents.map(({ kind, line }) => [kind, line])).toEqual([
      ["RotationRequest", 1],
      ["Credential", 11],
    ]);
  });

  it("keeps times without quotes as the text that they are", () => {
    const { documents, problems } = read(`${REQUEST}  deadline: 2026-11-30T09:00:00Z\n`);
    expect(problems).toEqual([]);
    expect(documents[0]?.spec).toMatchObject({ deadline: "2026-11-30T09:00:00Z" });
  });

  it("hands on the namespace as written, for the caller to judge", () => {
    const { documents } = read(REQUEST.replace("metadata:", "metadata:\n  namespace: orders"));
    expect(documents[0]?.namespace).toBe("orders");
  });
});

describe("mistakes", () => {
  it("are all found at once, each at its place with what was probably meant", () => {
    const text = CREDENTIAL.replace("credentialName", "credentailName")
      .replace("postgres: {role", "postgress: {role")
      .replace("format: json", "format: yaml")
      .replace("keys: [{field: url, name: DATABASE_URL}]", "keys: [], role: Acceptor");
    const { documents, problems } = read(text);
    expect(documents).toEqual([]);
    expect(problems.map(({ line, column, code, suggestion }) => [line, column, code, suggestion])).toEqual([
      [6, 3, "UnknownField", "did you mean credentialName?"],
      [8, 38, "UnknownField", "did you mean postgres?"],
      [9, 78, "UnknownValue", undefined],
      [11, 53, "OutOfBounds", "for example [{field: url, name: DATABASE_URL}]"],
      [11, 63, "UnknownValue", "did you mean acceptor?"],
    ]);
  });

  it.each([
    ["an unknown adapter", ACCOUNT.replace("random,", "randon,"), "UnknownValue", "did you mean random?"],
    ["a missing field", REQUEST.replace(/ +flow.*\n/, ""), "MissingField", "for example flow: Operational"],
    ["an empty field", REQUEST.replace(": ada", ":"), "WrongType", "for example ada"],
    ["a number for text", REQUEST.replace(": ada", ": 7"), "WrongType", "for example ada"],
    ["a day that does not exist", `${REQUEST}  deadline: "2026-02-30T09:00:00Z"\n`, "InvalidValue", undefined],
    [
      "a misspelt kind",
      REQUEST.replace("RotationRequest", "RotationRequst"),
      "UnknownKind",
      "did you mean RotationRequest?",
    ],
    [
      "a misspelt group",
      REQUEST.replace("raxx", "rax"),
      "UnknownApiVersion",
      "write apiVersion: velvet.raxx.app/v1alpha1",
    ],
    [
      "another version",
      REQUEST.replace("v1alpha1", "v1"),
      "UnknownApiVersion",
      "write apiVersion: velvet.raxx.app/v1alpha1",
    ],
    [
      "no apiVersion",
      REQUEST.replace(/apiVersion.*\n/, ""),
      "MissingField",
      "write apiVersion: velvet.raxx.app/v1alpha1",
    ],
    [
      "a version without a group",
      REQUEST.replace("velvet.raxx.app/", ""),
      "UnknownApiVersion",
      "write apiVersion: velvet.raxx.app/v1alpha1",
    ],
    ["a forged status", `${REQUEST}status: {}\n`, "StatusInManifest", "remove it"],
    ["a name that is no name", REQUEST.replace("rotate-orders-db", "Rotate_Orders"), "InvalidValue", undefined],
    ["a label that is no text", REQUEST.replace("metadata:", "metadata:\n  labels: {a: true}"), "WrongType", undefined],
    ["no name", REQUEST.replace("name: rotate", "generateNam: rotate"), "UnknownField", undefined],
    ["a repeated consumer", CREDENTIAL + CREDENTIAL.split("\n").at(-2) + "\n", "DuplicateEntry", undefined],
    [
      "a List",
      `apiVersion: v1\nkind: List\nitems:\n  - ${REQUEST.trimEnd().replaceAll("\n", "\n    ")}\n`,
      "ListNotRead",
      undefined,
    ],
  ])("%s is refused", (_, text, code, suggestion) => {
    const { documents, problems } = read(text, { tree: "any" });
    expect(documents).toEqual([]);
    expect(problems.map((problem) => problem.code)).toContain(code);
    expect(problems[0]?.suggestion ?? "").toContain(suggestion ?? "");
  });

  it("in one document do not hold up another", () => {
    const { documents, problems } = read(`${REQUEST.replace("Operational", "Emergency")}---\n${CREDENTIAL}`);
    expect(documents.map(({ kind }) => kind)).toEqual(["Credential"]);
    expect(problems).toHaveLength(1);
  });

  it("never quote more than a line, or a control character", () => {
    const field = `${"x".repeat(5_000)}\\n\\u001b[31m`;
    const problem = only(`${REQUEST}  "${field}": 1\n`);
    expect(problem.message.length).toBeLessThanOrEqual(400);
    expect(problem.message).not.toMatch(/\p{Cc}/u);
  });
});

describe("trees", () => {
  it("of tenants hold no VendorAccount", () => {
    expect(only(ACCOUNT)).toMatchObject({ code: "AccountInTenantTree", line: 2, column: 7 });
  });

  it("of the platform hold nothing else", () => {
    expect(read(ACCOUNT, { tree: "platform" }).documents).toHaveLength(1);
    expect(only(REQUEST, { tree: "platform" }).code).toBe("TenantKindInPlatformTree");
  });

  it("give a VendorAccount no namespace", () => {
    const text = ACCOUNT.replace("{name", "{namespace: orders, name");
    expect(only(text, { tree: "platform" })).toMatchObject({ code: "NamespaceOfAccount", line: 3, column: 12 });
  });

  it("refuse a Credential of another environment and name both", () => {
    expect(read(CREDENTIAL, { environment: "staging" }).problems).toEqual([]);
    const problem = only(CREDENTIAL, { environment: "production" });
    expect(problem).toMatchObject({ code: "WrongEnvironment", line: 7, column: 16 });
    expect(problem.message).toMatch(/staging.*production/);
  });

  it("refuse a time zone that there is not, at its place", () => {
    const zone = (name: string) => `${CREDENTIAL}  rotation:\n    every: 90d\n    timeZone: ${name}\n`;
    expect(read(zone("Europe/Vienna")).problems).toEqual([]);
    expect(only(zone("Europe/Atlantis"))).toMatchObject({
      code: "UnknownTimeZone",
      message: "Europe/Atlantis is not a time zone",
      suggestion: "write its IANA name, such as Europe/Vienna",
    });
  });

  it.each([
    [
      "another group's object, with anchors",
      `apiVersion: apps/v1\nkind: Deployment\nspec: &raxx {a: yes}\nother: *raxx\n`,
    ],
    ["another group's Credential", `apiVersion: example.org/v1\nkind: Credential\nspec: {}\n`],
    ["something that is no object", `# raxx\n- 1\n- 2\n`],
    ["a broken file that does not mention Velvet", `{{ if .Values.enabled }}\na: [\n`],
    ["an empty file", ``],
  ])("skip %s silently", (_, text) => {
    expect(read(text)).toEqual({ documents: [], problems: [] });
  });
});
