import type { Adapter, Clock } from "../../adapters/contract.ts";
import type { Machine } from "../config.ts";
import type { Output } from "./output.ts";
import type { Progress } from "./progress.ts";
import type { ClusterChoice } from "./target.ts";

/** What every command is given by the entry; nothing else is global. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly machine: Machine;
  readonly out: Output;
  /** Read only where the command line says `-`. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly progress?: Progress;
  readonly clock: Clock;
  /** Uniformly random bytes. */
  readonly random: (bytes: number) => Buffer;
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
  /** Commands are about this cluster; absent: about the ledger. */
  readonly cluster?: ClusterChoice;
  /** Default: all adapters of this build, imported when they are needed. */
  readonly registry?: () => Promise<Registry>;
}

export async function registryOf({ registry }: Pick<CommandContext, "registry">): Promise<Registry> {
  return registry ? registry() : (await import("../../adapters/registry.ts")).adapters;
}

export type Registry = Readonly<Record<string, Adapter>>;

/** 0: done. 1: failed, or what was asked for is not so. 2: misuse, nothing was tried. */
export type ExitCode = 0 | 1 | 2;

/** Runs one action of a command and keeps its exit code. */
export type Run = (action: (context: CommandContext) => Promise<ExitCode>) => Promise<void>;
