/** Starts a program that cannot outlive whoever started it, however that one ends. */
import { spawn } from "node:child_process";

export interface Leashed {
  /** Of the program itself. */
  readonly pid: Promise<number>;
  /** When it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** The last of what it wrote to its standard error. */
  said(): string;
  /** Resolves at the first line that matches, rejects when the program ends before. */
  says(pattern: RegExp): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * The shell holds the other end of a pipe that only this process has open. When the pipe closes, by `kill` or because this process died,
 * also by SIGKILL, the shell kills the program. However the program ends, `folder` goes with it when that is given. A group of its own:
 * Ctrl-C reaches only us. The shell itself says nothing once the program runs: nobody may be left to read it, and that would end it.
 */
const LEASH = `
folder=$1; shift
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
echo $program
exec >/dev/null 2>&1
{ read -r _ <&3; kill -KILL $program; } &
watcher=$!
exec 3<&-
wait $program
code=$?
kill -KILL $watcher
[ -z "$folder" ] || rm -rf "$folder"
exit $code
`;

export function leashed(program: string, args: readonly string[], folder = ""): Leashed {
  const shell = spawn("sh", ["-c", LEASH, "leash", folder, program, ...args], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  let hasEnded = false;
  const listeners = new Set<() => void>();
  const ended = new Promise<void>((resolve, reject) => {
    shell.on("error", reject);
    shell.on("close", () => {
      hasEnded = true;
      resolve();
      for (const listener of listeners) listener();
    });
  });
  const pid = new Promise<number>((resolve) => {
    shell.stdout
      .setEncoding("utf8")
      .on("data", (text: string) => /^\d+\n/.test(text) && resolve(Number(text.split("\n")[0])));
  });
  shell.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-20_000);
    for (const listener of listeners) listener();
  });
  // It may be gone already when its leash is let go.
  shell.stdin.on("error", () => undefined);
  return {
    pid,
    ended,
    hasEnded: () => hasEnded,
    said: () => said,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const isSaid = pattern.test(said);
          if (!isSaid && !hasEnded) return;
          listeners.delete(look);
          if (isSaid) resolve();
          else reject(new Error(`${program} ended: ${said.slice(-4_000)}`));
        };
        listeners.add(look);
        look();
      }),
    kill: async () => {
      shell.stdin.end();
      await ended;
    },
  };
}
