/** The real command in a process of its own, and what is always true of what it says. */
import { spawn } from "node:child_process";
import { appendFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { COMPILED } from "../support/compiled.ts";

export const ENTRY = fileURLToPath(new URL("../../controller/cli/velvet.ts", import.meta.url));

export type Env = Readonly<Record<string, string>>;

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Env;
  readonly cwd?: string;
  /** What the child may never print. */
  readonly secrets?: readonly string[];
}

const LONGEST_MS = 25_000;

/** Runs `velvet <args>` with nothing of this process's environment but PATH. What it says never holds a stack or a secret. */
export async function velvet(args: readonly string[], { env = {}, cwd, secrets = [] }: RunOptions = {}): Promise<Said> {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    env: { PATH: process.env["PATH"] ?? "", HOME: "/nowhere", ...COMPILED, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LONGEST_MS,
    killSignal: "SIGKILL",
    ...(cwd === undefined ? {} : { cwd }),
  });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  for (const text of [out, err]) {
    expect(text).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
    for (const secret of secrets) expect(text).not.toContain(secret);
  }
  return { code, out, err };
}

/** A refusal as people need it: what happened, and what to do next, on lines of their own, within a few seconds. */
export function expectRefusal({ code, out, err }: Said, exit: 1 | 2): void {
  expect({ code, out }).toEqual({ code: exit, out: "" });
  const lines = err.trimEnd().split("\n");
  expect(lines.length).toBeGreaterThanOrEqual(2);
  expect(lines.at(-1)).toMatch(/[.:?\w>…/=)-]$/);
  expect(err).not.toContain("VELVET_DEBUG");
}

/** One row of the table of inputs and answers, written where `VELVET_BAD_INPUT_TABLE` says. */
export async function note(input: string, said: string, outcome: string): Promise<void> {
  const file = process.env["VELVET_BAD_INPUT_TABLE"];
  if (file === undefined) return;
  const cell = (text: string): string =>
    text
      .trim()
      .replaceAll("|", "\\|")
      .replaceAll(/\n+\s*/g, "<br>");
  await appendFile(file, `| ${cell(input)} | ${cell(said)} | ${cell(outcome)} |\n`);
}
