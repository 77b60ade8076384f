/** What a command writes, kept for a test. */
import type { CommandContext } from "./command.ts";
import { openOutput } from "./output.ts";

export interface Tapes {
  readonly context: CommandContext;
  readonly out: () => string;
  readonly err: () => string;
}

export function tapes(registry?: CommandContext["registry"], env: CommandContext["env"] = {}): Tapes {
  const [out, err]: [string[], string[]] = [[], []];
  return {
    context: {
      env,
      machine: { root: false, home: "/nowhere" },
      out: openOutput({
        stdout: { write: (text) => out.push(text) },
        stderr: { write: (text) => err.push(text) },
        noColour: undefined,
      }),
      clock: { now: () => new Date(), monotonicMs: () => performance.now() },
      random: (bytes) => Buffer.alloc(bytes),
      stop: new AbortController().signal,
      ...(registry ? { registry } : {}),
    },
    out: () => out.join(""),
    err: () => err.join(""),
  };
}
