import type { Clock } from "../../adapters/contract.ts";
import type { Machine } from "../config.ts";
import type { Output } from "./output.ts";

/** What every command is given by the entry; nothing else is global. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly machine: Machine;
  readonly out: Output;
  readonly clock: Clock;
  /** Uniformly random bytes. */
  readonly random: (bytes: number) => Buffer;
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
}

/** 0: done. 1: failed, or what was asked for is not so. 2: misuse, nothing was tried. */
export type ExitCode = 0 | 1 | 2;
