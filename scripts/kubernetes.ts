/**
 * Runs `*.kubernetes.test.ts` against a real API server. Its programs are found or, once, built with Go. With `--prepare` only that is
 * done, so that `npm test` has them. Where they cannot be had, that is said and is no failure of the tests, unless CI is set.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { obtainBinaries } from "../test/kubernetes/environment/build.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

async function main(args: readonly string[]): Promise<number> {
  const isPreparation = args[0] === "--prepare";
  const found = await obtainBinaries();
  if ("lacking" in found) {
    console.error(`A real API server is not to be had here.\n${found.lacking}`);
    if (isPreparation || process.env["CI"] === "true") return 1;
    console.error("Nothing was tested against it.");
    return 0;
  }
  if (isPreparation) return 0;
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const command = [vitest, "run", "--config", "vitest.kubernetes.config.ts", ...args];
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

process.exitCode = await main(process.argv.slice(2));
