import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { Scenario } from "../../test/support/scenario.ts";
import { openBox, publicKeyOf } from "../custody/box.ts";
import { keyRing } from "../custody/key.ts";
import { ensureInstall } from "../ledger/install.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { openOutput } from "./output.ts";
import { provideCommand } from "./provide.ts";
import { deskOf } from "./target.ts";

const CANARY = "canary-50f7-71";
const KEK = Buffer.alloc(32, 7).toString("base64");
const keys = keyRing(Secret.from(KEK));
const SCOPE = { install: "test", namespace: "team", credential: "token" };
let scenario: Scenario;
let folder: string;

beforeAll(async () => {
  scenario = await Scenario.open({ credential: { gates: { mint: "Approval", revoke: "Automatic" } } });
  folder = await mkdtemp(join(tmpdir(), "velvet-test-"));
  await ensureInstall(scenario.ledger.db, { id: "test", environment: "test" }, keys);
  scenario.start();
  await scenario.request("first");
  await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Mint !== undefined);
});

afterAll(async () => {
  await scenario[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Said {
  readonly out: string;
  readonly err: string;
  readonly code: ExitCode;
}

async function provide(input: string, options: object = {}, request = "team/first", ledger = true): Promise<Said> {
  const said = { out: "", err: "" };
  const sink = (to: "out" | "err") => ({ write: (text: string) => Boolean((said[to] += text)), isTTY: false });
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
    registry: async () => ({ fake: scenario.adapter }),
  };
  const whole = { field: "value", reason: "made", decidedBy: "ben", ...options };
  const code = await provideCommand(context, request, whole, deskOf(context));
  return { ...said, code };
}

async function keyFile(): Promise<string> {
  const path = join(folder, "velvet.pub");
  await writeFile(path, `test/${publicKeyOf(keys)}\n`);
  return path;
}

describe("velvet provide", () => {
  it("refuses where nobody is asked for a value, and says so before anything is written", async () => {
    const error = await provide(CANARY, { write: folder }).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ exitCode: 2 });
    expect(JSON.stringify(error)).not.toContain(CANARY);
    await expect(readFile(join(folder, "handed.yaml"))).rejects.toThrow("ENOENT");
  });

  it("writes a manifest without ledger and cluster, with nothing of the value but the box", async () => {
    const options = { keyFile: await keyFile(), credential: "token", write: folder, name: "handed" };
    const { code, out, err } = await provide(`${CANARY}\n`, options, "team/first", false);
    expect(code).toBe(0);
    expect(err).toContain("nobody has checked yet");
    const text = await readFile(join(folder, "handed.yaml"), "utf8");
    expect(text + out + err).not.toContain(CANARY);
    const sealed = /sealedValue: (\S+)/.exec(text.replace(/sealedValue: >-?\n\s+/, "sealedValue: "))?.[1] ?? "";
    expect(text).toMatch(/action: ProvideValue/);
    expect(openBox(keys, SCOPE, sealed)["value"]?.reveal()).toBe(CANARY);
  });

  it("needs to be told for which Credential where nobody can look it up", async () => {
    const failure = provide(CANARY, { keyFile: await keyFile() }, "first", false);
    await expect(failure).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining("which Credential") });
  });

  it("takes no empty value, and none that is too large", async () => {
    await expect(provide("")).rejects.toThrow("empty");
    await expect(provide("x".repeat(70_000))).rejects.toThrow("larger");
  });
});
