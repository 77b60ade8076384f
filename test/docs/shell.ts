/** Runs the blocks of one document in one shell, as somebody who reads it would. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { COMPILED } from "../support/compiled.ts";
import { type Block, isShown } from "./markdown.ts";

export interface Ran {
  readonly block: Block;
  /** Absent where the shell did not come that far. */
  readonly code?: number;
  readonly said: string;
}

export interface ShellOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Before each block: the world is brought to where the document assumes it. */
  readonly before?: (block: Block) => Promise<void>;
}

const END = /@@block (\d+) (\d+)\n/;

/** Blocks share variables and background jobs; a command that fails ends its block, and the document with it. */
export async function runBlocks(blocks: readonly Block[], options: ShellOptions): Promise<Ran[]> {
  // Its own group, so that what a document leaves behind can be ended with it.
  const shell = spawn("bash", ["--norc", "--noprofile"], {
    cwd: options.cwd,
    env: { ...COMPILED, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  const more = new EventTarget();
  const take = (text: string): void => {
    said += text;
    more.dispatchEvent(new Event("text"));
  };
  shell.stdout.setEncoding("utf8").on("data", take);
  shell.stderr.setEncoding("utf8").on("data", take);
  const ended = once(shell, "close").then(() => more.dispatchEvent(new Event("text")));
  const clock = setTimeout(() => killGroup(shell.pid), options.timeoutMs);
  const results: Ran[] = [];
  try {
    for (const [index, block] of blocks.entries()) {
      if (block.notRun !== undefined) continue;
      await options.before?.(block);
      said = "";
      shell.stdin.write(`{ set -e\n${block.script}\n} 2>&1\nset +e; echo "@@block ${index} $?"\n`);
      while (!END.test(said) && shell.exitCode === null) await once(more, "text");
      const [mark, , code] = END.exec(said) ?? [];
      results.push({
        block,
        said: said.replace(mark ?? "", ""),
        ...(code === undefined ? {} : { code: Number(code) }),
      });
      if (code !== "0") break;
    }
  } finally {
    clearTimeout(clock);
    shell.stdin.end();
    killGroup(shell.pid);
    await ended;
  }
  return results;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    return; // it has ended
  }
}

/** What is not as the document says, in words. */
export function faultsOf(ran: readonly Ran[]): string[] {
  return ran.flatMap(({ block, code, said }) => {
    if (code !== 0) return [`line ${block.line} ended with ${code ?? "no exit code"} and said\n${said}`];
    if (block.shows === undefined || isShown(block.shows, said)) return [];
    return [`line ${block.line} shows\n${block.shows}\nbut prints\n${said}`];
  });
}
