/** Holds the ledger against what was published of it, for as long as the controller runs. */
import { hostname } from "node:os";
import { checkpointPublication } from "./checkpoint-publication.ts";
import { type Checkpoints, startCheckpoints } from "./checkpoints/run.ts";
import type { Signer } from "./checkpoints/statement.ts";
import type { Config } from "./config.ts";
import type { Deps } from "./engine/deps.ts";

const CHECKPOINT_MS = 60_000;

export interface WatchOrder {
  readonly config: Config;
  /** Only what git may see of it is passed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signer: Signer;
  /** Between two checkpoints; default a minute. */
  readonly checkpointMs?: number;
  readonly pollMs: number;
}

/** Before anything else: a ledger that is behind its own published checkpoint starts nothing. */
export async function watchLedger(order: WatchOrder, deps: Deps, onFree: () => void): Promise<Checkpoints> {
  const { config, environment, signer, checkpointMs = CHECKPOINT_MS, pollMs } = order;
  const publication = checkpointPublication(config, environment);
  return startCheckpoints({
    db: deps.db,
    signer,
    ...(publication === undefined ? {} : { publication }),
    file: config.checkpointFile,
    host: hostname(),
    owner: deps.replica,
    newId: deps.uuid,
    clock: deps.clock,
    log: deps.log,
    intervalMs: checkpointMs,
    pollMs,
    onFree,
  });
}
