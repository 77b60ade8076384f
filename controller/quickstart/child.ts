import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface ChildOrder {
  /** For messages: `the controller`. */
  readonly title: string;
  readonly script: string;
  readonly args: readonly string[];
  /** The child's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What the child says is appended here. */
  readonly log: string;
}

export interface Child extends AsyncDisposable {
  /** Rejects when the child ends, which nobody asked it to; never resolves. */
  readonly lost: Promise<never>;
  /** The first line of its stdout. Only where stdout is not logged. */
  readonly firstLine: Promise<string>;
  /** SIGTERM, and SIGKILL where that is not enough. Resolves when it has ended. */
  stop(): Promise<void>;
}

const STOP_MS = 15_000;

/** A script of this package, beside the caller: `.ts` in a checkout, `.js` where it was built. */
export function scriptBeside(here: string, path: string): string {
  return fileURLToPath(new URL(`${path}${here.endsWith(".ts") ? ".ts" : ".js"}`, here));
}

/**
 * Starts a Node program of its own. `stdout: "first line"` reads readiness from it; otherwise stdout goes to the log like stderr.
 * The child is told by a closing channel when this program is killed.
 */
export function startChild(order: ChildOrder, stdout: "first line" | "log"): Child {
  const log = openSync(order.log, "a", 0o600);
  const child = spawn(process.execPath, [order.script, ...order.args], {
    env: { ...order.env },
    detached: true, // a Ctrl-C in the terminal is for this program, which then stops its children in order
    stdio: ["ignore", stdout === "log" ? log : "pipe", log, "ipc"],
  });
  closeSync(log);
  let stopping = false;
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code ?? "unknown"}`));
  });
  const lost = exited.then(async (how) =>
    stopping ? new Promise<never>(() => undefined) : Promise.reject(await lossOf(order, how)),
  );
  lost.catch(() => undefined); // whoever waits for something races it against this
  const firstLine: Promise<string> = child.stdout
    ? Promise.race([firstLineOf(child.stdout), lost])
    : new Promise(() => undefined);
  firstLine.catch(() => undefined);
  const stop = async (): Promise<void> => {
    stopping = true;
    child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await exited;
    clearTimeout(hard);
  };
  return {
    lost,
    firstLine,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function firstLineOf(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  return new Promise(() => undefined); // it ended, and `lost` says how
}

async function lossOf({ title, log }: ChildOrder, how: string): Promise<Error> {
  const text = await readFile(log, "utf8").catch(() => "");
  const last = text.trimEnd().split("\n").slice(-8).join("\n");
  return new Error(`${title} ended by itself (${how}). The end of ${log}:\n${last}`);
}
