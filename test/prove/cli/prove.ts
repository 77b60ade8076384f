#!/usr/bin/env node
/** The entry of `npm run prove`: what is global is taken here. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openOutput } from "../../../controller/cli/output.ts";
import { openProgress } from "../../../controller/cli/progress.ts";
import { LAYERS } from "./layers.ts";
import { runProve } from "./program.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** With a mark where files differ from it: what was proven is then not what the commit holds. */
function commitOf(): string {
  try {
    const git = (...args: string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
    const dirty = git("status", "--porcelain", "--", "adapters", "controller", "crds", "test/prove") !== "";
    return `${git("rev-parse", "--short=12", "HEAD")}${dirty ? "+changes" : ""}`;
  } catch {
    return "unknown";
  }
}

const stopping = new AbortController();
process.on("SIGINT", () => {
  // Asked twice, it does not wait for what runs: workers end as their channel closes.
  if (stopping.signal.aborted) process.exit(1);
  stopping.abort();
});
process.on("SIGTERM", () => stopping.abort());

process.exitCode = await runProve(process.argv.slice(2), {
  layers: LAYERS,
  out: openOutput({ stdout: process.stdout, stderr: process.stderr, noColour: process.env["NO_COLOR"] }),
  progress: openProgress(process.stderr, () => performance.now()),
  root,
  commit: commitOf(),
  stop: stopping.signal,
});
