import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { Scenario } from "../../test/support/scenario.ts";
import { openBox } from "../custody/box.ts";
import { keyRing } from "../custody/key.ts";
import { ensureInstall } from "../ledger/install.ts";
import { readManifests } from "../sources/manifest/read.ts";
import type { CommandContext } from "./command.ts";
import { openOutput } from "./output.ts";
import { sealCommand } from "./seal.ts";

const CANARY = "canary-c0ffee-51";
const KEK = Buffer.alloc(32, 9).toString("base64");
const keys = keyRing(Secret.from(KEK));
let scenario: Scenario;
let folder: string;

beforeAll(async () => {
  scenario = await Scenario.open();
  folder = await mkdtemp(join(tmpdir(), "velvet-test-"));
  await ensureInstall(scenario.ledger.db, { id: "test", environment: "test" }, keys);
});

afterAll(async () => {
  await scenario[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Said {
  readonly out: string;
  readonly err: string;
}

async function seal(input: string, name: string | undefined, options: object = {}, ledger = true): Promise<Said> {
  const said = { out: "", err: "" };
  const sink = (to: keyof Said) => ({ write: (text: string) => Boolean((said[to] += text)), isTTY: false });
  const context: CommandContext = {
    env: ledger
      ? { DATABASE_URL: scenario.ledger.appUrl, VELVET_KEK: KEK, VELVET_ENV: "test" }
      : { VELVET_DATA_DIR: "/nonexistent/velvet" },
    machine: { root: false, home: folder },
    out: openOutput({ stdout: sink("out"), stderr: sink("err"), noColour: "1" }),
    stdin: Readable.from([Buffer.from(input)]),
    clock: { now: () => new Date(), monotonicMs: () => performance.now() },
    random: () => Buffer.alloc(0),
    stop: new AbortController().signal,
  };
  await sealCommand(context, name, { field: "value", ...options });
  return said;
}

const SCOPE = { install: "test", namespace: "team", credential: "token" };

describe("velvet seal", () => {
  it("seals what comes by stdin for one Credential, prints nothing of it, and a manifest may carry it", async () => {
    const { out, err } = await seal(`${CANARY}\n`, "token");
    expect(out + err).not.toContain(CANARY);
    expect(openBox(keys, SCOPE, out.trim())["value"]?.reveal()).toBe(CANARY);
    expect(() => openBox(keys, { ...SCOPE, credential: "other" }, out.trim())).toThrow("does not open");
    const text = `apiVersion: velvet.raxx.app/v1alpha1
kind: RotationDecision
metadata: { name: provide }
spec:
  requestRef: { name: first }
  action: ProvideValue
  sealedValue: ${out.trim()}
  reason: made by hand
  decidedBy: ana
`;
    expect(readManifests({ path: "d.yaml", text }, { tree: "tenant" }).problems).toEqual([]);
  });

  it("takes several fields as JSON from a file", async () => {
    const file = join(folder, "key.json");
    await writeFile(file, JSON.stringify({ id: "AKIA", secret: CANARY }));
    const { out } = await seal("", "team/token", { json: true, file });
    expect(openBox(keys, SCOPE, out.trim())["secret"]?.reveal()).toBe(CANARY);
  });

  it("needs no ledger with the public key in a file", async () => {
    const file = join(folder, "velvet.pub");
    await writeFile(file, (await seal("", undefined, { printKey: true })).out);
    const { out } = await seal(CANARY, "team/token", { keyFile: file }, false);
    expect(openBox(keys, SCOPE, out.trim())["value"]?.reveal()).toBe(CANARY);
  });

  it.each([
    ["an unknown Credential", CANARY, "nobody", {}, /no Credential nobody/],
    ["nothing", "", "token", {}, /empty/],
    ["too much", "x".repeat(70_000), "token", {}, /larger than 65536/],
    ["broken JSON", `{"a": "${CANARY}`, "token", { json: true }, /not a JSON object/],
    ["JSON that is no object of texts", `{"a": 1}`, "token", { json: true }, /not a JSON object/],
    ["a file that is not there", "", "token", { file: "/nonexistent/value" }, /ENOENT/],
    ["a key file that holds none", CANARY, "team/token", { keyFile: "/nonexistent/key" }, /no sealing key/],
    ["no namespace and no ledger", CANARY, "token", { keyFile: "/nonexistent/key" }, /namespace is not known/],
  ])("refuses %s, and quotes nothing of the value", async (_, input, name, options, message) => {
    const error: unknown = await seal(input, name, options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "CommandFailure", exitCode: 2, message: expect.stringMatching(message) });
    expect(JSON.stringify(error)).not.toContain(CANARY);
  });
});
