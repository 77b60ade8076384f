/** Manifests that are wrong, as `velvet validate` and a source tell it. */
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACCOUNT, CREDENTIAL, REQUEST } from "../support/manifests.ts";
import { note, velvet } from "./velvet.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "velvet-bad-manifests-"));
});

afterAll(async () => rm(folder, { recursive: true, force: true }));

interface Case {
  readonly input: string;
  readonly text: string;
  readonly args?: readonly string[];
  /** What it says, where. */
  readonly says: readonly (string | RegExp)[];
}

const CASES: readonly Case[] = [
  {
    input: "an unknown field",
    text: CREDENTIAL.replace("  issuer:", "  isuer:"),
    says: [/^bad\.yaml:8:3 UnknownField .*isuer/m, /issuer/],
  },
  {
    input: "a wrong type",
    text: REQUEST.replace("reason: quarterly rotation", "reason: [quarterly]"),
    says: [/^bad\.yaml:8:\d+ WrongType .*reason/m],
  },
  {
    input: "two documents with one name",
    text: `${REQUEST}---\n${REQUEST}`,
    says: [/^bad\.yaml:\d+:\d+ DuplicateName /m, "rotate-orders-db"],
  },
  {
    input: "an unknown adapter",
    text: ACCOUNT.replace("adapter: random", "adapter: postgress"),
    says: [/^bad\.yaml:\d+:\d+ \w+ .*adapter/m, "postgres"],
  },
  {
    input: "another environment",
    text: CREDENTIAL,
    args: ["--environment", "production"],
    says: [/WrongEnvironment/, "staging", "production"],
  },
  {
    input: "an account in the tenants' tree",
    text: ACCOUNT,
    args: ["--tree", "tenant"],
    says: [/^bad\.yaml:\d+:\d+ \w+ /m, "VendorAccount", /platform/],
  },
  {
    input: "auth.env outside of VELVET_ACCOUNT_*",
    text: ACCOUNT.replace("adapter: random,", "adapter: random, auth: [{name: password, env: DATABASE_URL}],"),
    says: [/^bad\.yaml:\d+:\d+ \w+ .*auth\[0\]\.env/m, "VELVET_ACCOUNT_"],
  },
];

describe("velvet validate", () => {
  it.each(CASES)("names $input, with file, line and what to do", async ({ input, text, args = [], says }) => {
    await writeFile(join(folder, "bad.yaml"), text);
    const said = await velvet(["validate", ...args, "bad.yaml"], { cwd: folder });
    await note(`velvet validate: ${input}`, said.out + said.err, `exit ${said.code}`);
    expect(said.code).toBe(1);
    for (const part of says) expect(said.out).toMatch(part);
    expect(said.err).toMatch(/^\d problems? in 1 of 1 file\.\nCorrect them and run it again; nothing was changed\.\n$/);
  });

  it("refuses a manifest of 50 MB by its size, without reading it for seconds", async () => {
    const file = join(folder, "bad.yaml");
    await writeFile(file, REQUEST);
    await truncate(file, 50 * 1024 * 1024);
    const startMs = performance.now();
    const said = await velvet(["validate", "bad.yaml"], { cwd: folder });
    await note("velvet validate: a manifest of 50 MB", said.out + said.err, `exit ${said.code}`);
    expect(said.code).toBe(1);
    expect(said.out).toContain("FileTooLarge the file has 52428800 bytes; at most 262144 are read");
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  it("tells a path that is not there from manifests that are wrong", async () => {
    const said = await velvet(["validate", "nowhere"], { cwd: folder });
    await note("velvet validate: a path that is not there", said.err, `exit ${said.code}`);
    expect(said).toMatchObject({ code: 2, out: "" });
    expect(said.err).toContain("There is no file or folder nowhere.");
  });
});
