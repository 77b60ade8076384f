/** Builds the programs into the cache, once: a second run that wants them meanwhile waits for the first. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Environment, findBinaries, type Lacking } from "./binaries.ts";
import { type Binaries, cacheFolder, linkerFlags, MODULE_FOLDER, PACKAGES, TOOLS } from "./tools.ts";

/** A lock this old was left behind, even when its number now belongs to another program. */
const LOCK_LIFE_MS = 60 * 60_000;

type Say = (line: string) => void;

const sayOnStderr: Say = (line) => void process.stderr.write(`${line}\n`);

/** What is found, else what a build makes; or why neither worked. */
export async function obtainBinaries(
  env: Environment = process.env,
  say: Say = sayOnStderr,
): Promise<Binaries | Lacking> {
  const found = await findBinaries(env);
  if (!("lacking" in found)) return found;
  const folder = cacheFolder(env);
  const trouble = await buildOnce(folder, env, say);
  return trouble === undefined ? findBinaries(env) : { lacking: `${found.lacking}\n${trouble}` };
}

async function buildOnce(folder: string, env: Environment, say: Say): Promise<string | undefined> {
  const lock = `${folder}.lock`;
  mkdirSync(dirname(folder), { recursive: true });
  let isSaid = false;
  while (!take(lock)) {
    if (!isSaid) say(`Waiting for another run that builds the Kubernetes programs (${lock}) …`);
    isSaid = true;
    // The other may end in any way, also without a trace: nothing but a look tells.
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  try {
    return existsSync(folder) ? undefined : await build(folder, env, say);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** The lock only spares work: should two ever hold it, each builds in its own folder and the first to rename it wins. */
function take(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    if (isAbandoned(lock)) rmSync(lock, { force: true });
    return false;
  }
}

function isAbandoned(lock: string): boolean {
  try {
    if (Date.now() - statSync(lock).mtimeMs > LOCK_LIFE_MS) return true;
    const pid = readFileSync(lock, "utf8");
    // Empty for the instant between its making and its writing.
    if (pid === "") return false;
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

async function build(folder: string, env: Environment, say: Say): Promise<string | undefined> {
  const made = `${folder}.${process.pid}.part`;
  const started = performance.now();
  say(`Building ${TOOLS.join(", ")} into ${folder}; the first time this takes several minutes …`);
  const tick = setInterval(() => say(`  … ${seconds(started)} s`), 30_000);
  try {
    const trouble = await goBuild(made, env, say);
    if (trouble !== undefined) return trouble;
    for (const tool of TOOLS) {
      const built = join(made, builtName(PACKAGES[tool]));
      if (!existsSync(join(made, tool))) renameSync(built, join(made, tool));
    }
    renameSync(made, folder);
    say(`Built in ${seconds(started)} s.`);
    return undefined;
  } catch (error) {
    // Another was first, and its programs are the same.
    if (existsSync(folder)) return undefined;
    throw error;
  } finally {
    clearInterval(tick);
    rmSync(made, { recursive: true, force: true });
  }
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}

/** Go names a program by the last part of its package that is no major version. */
function builtName(path: string): string {
  return basename(path.replace(/\/v\d+$/, ""));
}

async function goBuild(into: string, env: Environment, say: Say): Promise<string | undefined> {
  mkdirSync(into, { recursive: true });
  const args = ["build", "-mod=readonly", "-trimpath", "-ldflags", linkerFlags(), "-o", `${into}/`];
  const child = spawn("go", [...args, ...TOOLS.map((tool) => PACKAGES[tool])], {
    cwd: MODULE_FOLDER,
    env: { ...env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  let downloads = 0;
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4_000);
    if (text.includes("downloading") && downloads++ === 0) say("  fetching modules from the Go module proxy …");
  });
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(`go: ${error.message}`));
    child.on("close", (code) => resolve(code === 0 ? undefined : `go build ended with ${code}: ${said.trim()}`));
  });
}
