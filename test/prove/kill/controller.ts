/**
 * A controller that can really be killed: the engine as it is, in a process of its own, with real timers. At every moment around an
 * effect it says where it is and waits to be let go on, so that whoever holds the truth can kill it, or freeze it, exactly there.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes, randomUUID } from "node:crypto";
import { flushCompileCache } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Adapter } from "../../../adapters/contract.ts";
import { Accounts } from "../../../controller/engine/accounts.ts";
import type { Deps, EffectPoint, Log } from "../../../controller/engine/deps.ts";
import { Engine } from "../../../controller/engine/engine.ts";
import { startDrift } from "../../../controller/drift/run.ts";
import { type Db, ledgerOf, openPool } from "../../../controller/ledger/db.ts";
import type { Setup } from "../api.ts";
import { INSTALL, KEYS } from "../sim/keys.ts";
import { remoteAdapter } from "../vendor/adapter.ts";
import { Carrier } from "./carrier.ts";
import type { FromController, Go, Start } from "./messages.ts";

export const CONTROLLER = fileURLToPath(import.meta.url);
export const ENVIRONMENT = "test";

/** Few enough that a kill does not stop everything, many enough that it hits more than one. */
const CONCURRENCY = 6;
const POLL_MS = 150;
const LOOK_POLL_MS = 400;
const CONNECTIONS = 3;

/** Which rotation the code that runs belongs to: known from the moment that the engine looks at it. */
const stories = new AsyncLocalStorage<{ namespace: string | undefined }>();

/** Whoever held the truth may just have gone; then this process ends too. */
function say(message: FromController): void {
  process.send?.(message, undefined, undefined, () => undefined);
}

class Moments {
  readonly #waiting = new Map<number, () => void>();
  #last = 0;

  async pass(label: string, point: EffectPoint): Promise<void> {
    this.#last += 1;
    const id = this.#last;
    const namespace = stories.getStore()?.namespace;
    say({ kind: "moment", id, label, point, ...(namespace === undefined ? {} : { namespace }) });
    await new Promise<void>((resolve) => this.#waiting.set(id, resolve));
  }

  go({ id }: Go): void {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }
}

/** The engine looks at a rotation at the start of each of its passes; what it does after that belongs to it. */
function watched(db: Db): Db {
  const query: Db["query"] = (statement, values) => {
    if (statement.name !== "observe_rotation") return db.query(statement, values);
    const story: { namespace: string | undefined } = { namespace: undefined };
    // Before anything is awaited, so that it holds for whoever awaits this answer.
    stories.enterWith(story);
    return db.query<never>(statement, values).then((rows) => {
      story.namespace = (rows as readonly { readonly namespace: string }[])[0]?.namespace;
      return rows;
    });
  };
  return { query, transaction: async (work) => db.transaction(work) };
}

/** One adapter for each setup; which vendor is called follows from the account. */
function adapterOf(name: string, setup: Setup, carrier: Carrier, replica: string): Adapter {
  const mute = async (): Promise<never> => Promise.reject(new Error("no account"));
  return {
    ...remoteAdapter(setup, mute),
    name,
    connect: (account, clock) =>
      remoteAdapter(setup, carrier.invokeFor(account.name), () => replica).connect(account, clock),
  };
}

/** All of it goes to whoever judges: nothing in it may be a value. What is looked at between rotations is told with its Credential. */
function logOf(): Log {
  const line = (facts: object, message: string): void =>
    say({ kind: "log", text: `${message} ${JSON.stringify(facts)}` });
  const within: Log["within"] = async (facts, run) => {
    const { credential } = facts as { readonly credential?: string };
    return credential === undefined ? run() : stories.run({ namespace: credential.split("/")[0] }, run);
  };
  return { debug: line, info: line, warn: line, error: line, within };
}

function depsOf(start: Start, registry: Readonly<Record<string, Adapter>>, moments: Moments): Deps {
  const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
  const pool = openPool(
    { connectionString: start.ledgerUrl, max: CONNECTIONS, applicationName: start.replica },
    () => undefined,
  );
  return {
    db: watched(ledgerOf(pool)),
    accounts: new Accounts(registry, () => undefined, clock),
    keys: KEYS,
    install: INSTALL,
    environment: ENVIRONMENT,
    clock,
    random: randomBytes,
    uuid: randomUUID,
    // The shortest waits there can be.
    jitter: () => 0,
    pause: async (ms) => delay(ms),
    timeout: (ms) => AbortSignal.timeout(ms),
    log: logOf(),
    leaseMs: start.leaseMs,
    replica: start.replica,
    hook: async (label, point) => moments.pass(label, point),
  };
}

function begin(start: Start, moments: Moments): void {
  const carrier = new Carrier(start.vendorPort);
  const registry = Object.fromEntries(
    Object.entries(start.setups).map(([name, setup]) => [name, adapterOf(name, setup, carrier, start.replica)]),
  );
  const admission = { environment: ENVIRONMENT, rotationOn: true, registry };
  const deps = depsOf(start, registry, moments);
  void new Engine(deps, { concurrency: CONCURRENCY, pollMs: POLL_MS, admission });
  const accounts = new Accounts(registry, () => undefined, deps.clock);
  startDrift({ ...deps, accounts, mayCorrect: () => true }, LOOK_POLL_MS);
}

if (import.meta.main) {
  const moments = new Moments();
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => process.exit(0));
  process.on("message", (message: Start | Go) => {
    if (message.kind === "start") begin(message, moments);
    else moments.go(message);
  });
  // None of these ends by itself, and who hears that it is ready may kill it: what was compiled is kept for the next one before.
  flushCompileCache();
  say({ kind: "ready" });
}
