/** An engine as it is, with real timers, whose ledger and whose vendor are at the other end of a wire. */
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Adapter } from "../../../adapters/contract.ts";
import { Accounts } from "../../../controller/engine/accounts.ts";
import type { Deps } from "../../../controller/engine/deps.ts";
import { Engine } from "../../../controller/engine/engine.ts";
import { type RunningDrift, startDrift } from "../../../controller/drift/run.ts";
import { ledgerOf, openPool } from "../../../controller/ledger/db.ts";
import { Carrier } from "../kill/carrier.ts";
import { INSTALL, KEYS } from "../sim/keys.ts";
import { ENVIRONMENT } from "../sim/replica.ts";
import { remoteAdapter } from "../vendor/adapter.ts";
import type { Setup } from "../api.ts";

export interface ReplicaOptions {
  readonly name: string;
  readonly setup: Setup;
  readonly ledgerUrl: string;
  readonly vendorPort: number;
  readonly leaseMs: number;
  readonly hook: NonNullable<Deps["hook"]>;
  readonly log: (line: string) => void;
}

const POLL_MS = 100;

export class WireReplica {
  readonly #engine: Engine;
  readonly #drift: RunningDrift;
  readonly #close: () => Promise<void>;

  constructor(options: ReplicaOptions) {
    const { name, setup, ledgerUrl, vendorPort } = options;
    const carrier = new Carrier(vendorPort);
    const pool = openPool({ connectionString: ledgerUrl, max: 4, applicationName: name }, () => undefined);
    const mute = async (): Promise<never> => Promise.reject(new Error("no account"));
    const adapter: Adapter = {
      ...remoteAdapter(setup, mute),
      connect: (account, clock) =>
        remoteAdapter(setup, carrier.invokeFor(account.name), () => name).connect(account, clock),
    };
    const registry = { [adapter.name]: adapter };
    const admission = { environment: ENVIRONMENT, rotationOn: true, registry };
    const deps = depsOf(options, registry, ledgerOf(pool));
    this.#engine = new Engine(deps, { concurrency: 4, pollMs: POLL_MS, admission });
    const accounts = new Accounts(registry, () => undefined, deps.clock);
    this.#drift = startDrift({ ...deps, accounts, mayCorrect: () => true }, POLL_MS * 4);
    this.#close = async () => {
      carrier.close();
      await pool.end();
    };
  }

  async stop(): Promise<void> {
    await Promise.all([this.#engine.stop(), this.#drift.stop()]);
    await this.#close();
  }
}

function depsOf(
  { name, leaseMs, hook, log }: ReplicaOptions,
  registry: Readonly<Record<string, Adapter>>,
  db: Deps["db"],
): Deps {
  const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
  const line = (facts: object, message: string): void => log(`${name}: ${message} ${JSON.stringify(facts)}`);
  return {
    db,
    accounts: new Accounts(registry, () => undefined, clock),
    keys: KEYS,
    install: INSTALL,
    environment: ENVIRONMENT,
    clock,
    random: randomBytes,
    uuid: randomUUID,
    jitter: () => 0,
    pause: async (ms) => delay(ms),
    timeout: (ms) => AbortSignal.timeout(ms),
    log: { debug: line, info: line, warn: line, error: line },
    leaseMs,
    replica: name,
    hook,
  };
}
