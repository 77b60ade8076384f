import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseEnv } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const ENTRY = new URL("../controller/cli/velvet.ts", import.meta.url).pathname;

let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "velvet-quickstart-test-"));
});

afterAll(async () => rm(parent, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command as a person pipes it. `onLine` may send a signal. */
async function quickstart(
  args: readonly string[],
  onLine: (line: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, [ENTRY, "quickstart", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    onLine(line, (signal) => child.kill(signal));
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out: lines.join("\n"), err };
}

/** Long, with capitals, small letters and digits: what a password or a key looks like, and no name or digest does. */
function valueLike(text: string): string[] {
  const long = text.match(/[A-Za-z0-9_+/=-]{24,}/g) ?? [];
  return long.filter((word) => /[A-Z]/.test(word) && /[a-z]/.test(word) && /\d/.test(word) && !word.includes("/"));
}

it(
  "rotates a real login without one failed request, proves it, and leaves nothing running",
  { timeout: 120_000 },
  async () => {
    const folder = join(parent, "whole");
    const startedMs = performance.now();
    const { code, out, err } = await quickstart(["--dir", folder]);

    expect({ code, err, out: code === 0 ? "" : out }).toEqual({ code: 0, err: "", out: "" });
    expect(performance.now() - startedMs).toBeLessThan(60_000);
    for (const stage of ["Verified", "Minted", "Distributed", "Validated", "RevokeApproved", "Revoked"]) {
      expect(out).toMatch(new RegExp(`^ +\\+[\\d.]+s  ${stage} +True `, "m"));
    }
    expect(Number(/^ {2}(\d+) made, 0 failed$/m.exec(out)?.[1])).toBeGreaterThan(100);
    expect(out).not.toContain("✘");
    expect(out.match(/^ {2}✔ .*$/gm)?.map((line) => line.replace(/ \([^(]*\)$/, ""))).toEqual([
      "  ✔ Until the gate was approved, the old login and the new one both worked",
      "  ✔ The login in the app's dotenv file is a new one, and works",
      "  ✔ The old login is refused",
      "  ✔ No session of the old login is left",
      "  ✔ Custody holds the same login as the app",
      "  ✔ The rest of the dotenv file is untouched",
      "  ✔ No password stands in a log",
      "  ✔ No password stands in the ledger, but sealed",
      "  ✔ Every audit chain verifies",
    ]);

    const login = new URL(parseEnv(await readFile(join(folder, "files", "orders", ".env"), "utf8")).DATABASE_URL ?? "");
    expect(out).not.toContain(login.password);
    expect(valueLike(out)).toEqual([]);
    expect(out).not.toContain("\u001b");
    expect(existsSync(join(folder, "velvet", "embedded", "data", "postmaster.pid"))).toBe(false);
  },
);

it("cleans up at Ctrl-C", { timeout: 60_000 }, async () => {
  const folder = join(parent, "interrupted");
  const { code, err } = await quickstart(["--dir", folder], (line, kill) => {
    if (line.includes("The orders app")) kill("SIGINT");
  });
  expect(code).toBe(1);
  expect(err).toContain(`${folder} is removed`);
  expect(existsSync(folder)).toBe(false);
});

it("refuses a folder that exists, and starts nothing", async () => {
  const { code, out, err } = await quickstart(["--dir", parent]);
  expect(code).toBe(2);
  expect(out).toBe("");
  expect(err).toContain(`${parent} exists already.`);
});
