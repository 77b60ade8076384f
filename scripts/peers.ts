/**
 * Runs the adapters against emulators that others wrote: `*.peers.test.ts`, which `npm test` leaves out. What they need comes from PyPI
 * and is kept below node_modules. Where it cannot be had, that is said and is no failure, unless CI is set.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const REQUIREMENTS = join(ROOT, "test/peers/requirements.txt");
const CACHE = join(ROOT, "node_modules/.cache/velvet-peers");

interface Ended {
  readonly code: number;
  readonly said: string;
}

async function run(program: string, args: readonly string[], shown = false, env = process.env): Promise<Ended> {
  const child = spawn(program, args, { cwd: ROOT, env, stdio: shown ? "inherit" : ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  return new Promise((resolve) => {
    child.on("error", ({ message }) => resolve({ code: 127, said: message }));
    child.on("close", (code) => resolve({ code: code ?? 1, said }));
  });
}

/** The Python of an environment that has all of it, or why there is none. */
async function prepared(): Promise<{ readonly python: string } | { readonly lacking: string }> {
  const key = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 16);
  const folder = join(CACHE, key);
  const python = join(folder, "bin", "python");
  if (existsSync(join(folder, "whole"))) return { python };
  // What was left half done by a run that ended in the middle is not used.
  rmSync(folder, { recursive: true, force: true });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"];
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ["python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"]],
    ["python3", ["-m", "venv", folder]],
    [python, [...pip, "--only-binary", ":all:", "--timeout", "20", "-r", REQUIREMENTS]],
  ];
  for (const [program, args] of steps) {
    const { code, said } = await run(program, args);
    if (code !== 0) return { lacking: `${program} ${args.slice(0, 3).join(" ")}: ${said.trim().slice(-600)}` };
  }
  writeFileSync(join(folder, "whole"), "");
  return { python };
}

async function main(): Promise<number> {
  const found = await prepared();
  if ("lacking" in found) {
    console.log(
      `The emulators of others need Python 3.10 and PyPI, and one of both is not to be had here.\n${found.lacking}`,
    );
    if (process.env["CI"] === "true") return 1;
    console.log("Nothing was tested against them.");
    return 0;
  }
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--config", "vitest.peers.config.ts", ...process.argv.slice(2)];
  const env = { ...process.env, VELVET_PEERS_PYTHON: found.python };
  return (await run(process.execPath, args, true, env)).code;
}

process.exitCode = await main();
