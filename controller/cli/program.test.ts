import { PassThrough } from "node:stream";
import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { type ProcessFrame, runVelvet } from "./program.ts";

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function velvet(args: readonly string[], env: Record<string, string> = {}): Promise<Said> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const frame = Object.assign(new EventEmitter(), { env, stdout, stderr, getuid: () => 1000 });
  const code = await runVelvet(args, frame as unknown as ProcessFrame);
  return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

const NOWHERE = { VELVET_DATA_DIR: "/nonexistent/velvet" };

it.each([["--help"], ["status", "--help"], ["help", "approve"]])("says how it is used: %s", async (...args) => {
  const { code, out, err } = await velvet(args);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/^Usage: velvet/);
});

it("says which version it is", async () => {
  expect(await velvet(["--version"])).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: "" });
});

it.each([
  { args: ["statsu"], said: "Did you mean status?" },
  { args: ["status", "--wach"], said: "Did you mean --watch?" },
  { args: ["request", "rotate", "orders-db", "--requested-by", "ada"], said: "--reason" },
  { args: ["approve", "x", "--reason", "r", "--decided-by", "d", "--gate", "Front"], said: "Mint, Revoke" },
])("ends misuse with 2 and a hint: $args", async ({ args, said }) => {
  const { code, out, err } = await velvet(args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(said);
  expect(err).toContain("Add --help");
});

it("says what happened, what is still fine and what to do next, without a stack", async () => {
  expect(await velvet(["status"], NOWHERE)).toEqual({
    code: 1,
    out: "",
    err: [
      "There is no ledger in /nonexistent/velvet, and DATABASE_URL is not set.",
      "Nothing was made or changed.",
      "Set DATABASE_URL or VELVET_DATA_DIR to those of the controller, or start one with `velvet controller`.",
      "",
    ].join("\n"),
  });
});

it("shows the stack only when asked to", async () => {
  const { err } = await velvet(["status"], { ...NOWHERE, VELVET_DEBUG: "1" });
  expect(err).toMatch(/\n {4}at .*ledger\.ts/);
});

it("hands validate its paths and options, and keeps its exit codes", async () => {
  const examples = new URL("../../manifests", import.meta.url).pathname;
  const good = await velvet(["validate", examples]);
  expect(good).toEqual({ code: 0, out: "", err: expect.stringContaining("no problems") });
  expect((await velvet(["validate", "--tree", "platform", `${examples}/credentials`])).code).toBe(1);
  expect(await velvet(["validate", "/nonexistent"])).toMatchObject({ code: 2, out: "" });
  expect(await velvet(["validate", "--tre", "platform"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("--tree"),
  });
});

it("tells every mistake of the environment, and never a secret", async () => {
  const env = { VELVET_KEK: "too-short-but-secret", VELVET_GIT_INTERVAL: "soon" };
  const { code, err } = await velvet(["status"], env);
  expect(code).toBe(1);
  expect(err).toContain("VELVET_KEK:");
  expect(err).toContain("VELVET_GIT_INTERVAL:");
  expect(err).not.toContain("too-short");
});
