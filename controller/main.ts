/** The composition root: from one frozen configuration to a running controller. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Adapter, Clock } from "../adapters/contract.ts";
import { adapters } from "../adapters/registry.ts";
import { bootstrapLogins } from "./bootstrap.ts";
import { givenCheckpointKeys } from "./checkpoint-keys.ts";
import { type Signer, signerOf } from "./checkpoints/statement.ts";
import { openClusterOf, type OpenedCluster, watchCluster } from "./cluster.ts";
import type { SecretSource } from "../crds/kinds.gen.ts";
import type { Config } from "./config.ts";
import type { KeyRing } from "./custody/key.ts";
import { Accounts } from "./engine/accounts.ts";
import { ledgerBudgets } from "./budgets.ts";
import type { Deps } from "./engine/deps.ts";
import { sharedDeadlines } from "./engine/deadlines.ts";
import { Engine } from "./engine/engine.ts";
import { accountSecrets } from "./engine/secrets.ts";
import { openProbes } from "./http/open.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { type Count, createCount, scrapeOf } from "./metrics/scrape.ts";
import { createReadiness, type Readiness } from "./http/readiness.ts";
import { readKeys } from "./kek.ts";
import { ledgerAnswers } from "./ledger/answers.ts";
import { readMeasures } from "./ledger/measures.ts";
import { ensureInstall } from "./ledger/install.ts";
import type { Log } from "./log.ts";
import { startLooking } from "./looking.ts";
import { runNotifications } from "./notifications/run.ts";
import type { OpenLedger } from "./open.ts";
import { openLedger } from "./open.ts";
import { traceRequests } from "./trace.ts";
import { watchLedger } from "./watch-ledger.ts";
import { configuredSources } from "./sources/configured.ts";
import type { RunningSource } from "./sources/poll.ts";
import { runSource } from "./sources/poll.ts";

/** All that the controller takes from outside. */
export interface ControllerOrder {
  readonly config: Config;
  /** Only what git may see of it is passed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
  /** Stops gracefully: no new work, the steps that run are finished, claims are given back. */
  readonly stop: AbortSignal;
  /** Called once, when rotations can begin. */
  readonly onReady?: () => void;
  /** Shown at /flags. */
  readonly version?: string;
  /** Default: all of this build. */
  readonly registry?: Readonly<Record<string, Adapter>>;
  /** Between two checkpoints; default a minute. */
  readonly checkpointMs?: number;
}

/** A replica that died is taken over within 30 seconds, the poll included; a slow vendor's call still fits into a third of it. */
const LEASE_MS = 25_000;
const POLL_MS = 1_000;

/** Runs until `stop`. Throws what keeps it from starting, each with a remedy. */
export async function runController(order: ControllerOrder): Promise<void> {
  const { config, clock, stop, version = "unknown" } = order;
  const readiness = createReadiness((ms) => AbortSignal.timeout(ms));
  const monotonicMs = () => clock.monotonicMs();
  const measured = createMetrics({ version, concurrency: config.concurrency });
  const counted = createCount({ monotonicMs, timeout: (ms) => AbortSignal.timeout(ms) });
  const metrics = scrapeOf(measured, counted);
  const untrace = config.logLevel === "debug" ? traceRequests(order.log) : undefined;
  const probes = await openProbes({ config, readiness, version, stop, monotonicMs, metrics });
  try {
    await runWithProbes(order, { readiness, measured, counted });
  } finally {
    await probes?.close();
    untrace?.();
  }
}

/** What is told outside of the ledger. */
interface Told {
  readonly readiness: Readiness;
  readonly measured: Metrics;
  readonly counted: Count;
}

async function runWithProbes(order: ControllerOrder, told: Told): Promise<void> {
  const { config, log } = order;
  const keys = await readKeys(config, order.random);
  const ledger = await openLedger(config, { log: (line) => log.info({}, line) });
  try {
    const install = { id: config.install, environment: config.environment };
    const signer = signerOf(config.install, keys, await givenCheckpointKeys(config));
    await ensureInstall(ledger.db, install, keys, signer.key);
    told.readiness.set("ledger", async () => ledgerAnswers(ledger.db).then(() => undefined));
    told.counted.from(async () => readMeasures(ledger.db));
    await runOnLedger(order, ledger, { keys, signer }, told);
  } finally {
    await ledger.stop();
  }
  log.info({}, "stopped");
}

async function runOnLedger(
  order: ControllerOrder,
  ledger: OpenLedger,
  { keys, signer }: { readonly keys: KeyRing; readonly signer: Signer },
  { readiness, measured }: Told,
): Promise<void> {
  const { config, registry = adapters } = order;
  const cluster = await openClusterOf(order, ledger.db);
  const local = accountSecrets(config.accountSecret, config.accountsDir);
  const lookup = (source: SecretSource) => local(source) ?? cluster?.secrets.lookup(source);
  const budgets = ledgerBudgets(ledger.db, deadlinesOf(order));
  const accounts = new Accounts(registry, lookup, order.clock, budgets.first);
  const deps = { ...engineDeps(order, ledger, keys, accounts), meter: measured };
  const rotationOn = config.rotation === "on";
  const checkpoints = await watchLedger({ ...order, signer, pollMs: POLL_MS }, deps, () => engine.wake());
  const engine = new Engine(deps, {
    concurrency: config.concurrency,
    pollMs: POLL_MS,
    admission: { environment: config.environment, rotationOn, registry, bootstrap: bootstrapLogins(ledger) },
    isHeld: () => checkpoints.isHeld(),
  });
  const second = () => new Accounts(registry, lookup, order.clock, budgets.second);
  const looking = startLooking(deps, second, () => rotationOn && checkpoints.isHeld() === undefined);
  const onChange = () => [engine.wake(), looking.wake()];
  const sources = startSources(order, deps, readiness, onChange);
  if (cluster !== undefined) sources.push(...watched(order, deps, { cluster, readiness }, onChange));
  const notifications = startNotifications(order, deps);
  readiness.set("start", () => undefined);
  try {
    announce(order, deps, checkpoints.isHeld());
    await untilStopped(order);
  } finally {
    await Promise.all([notifications, ...sources.map(async (source) => source.done)]);
    await Promise.all([engine.stop(), looking.stop()]);
    await checkpoints.stop();
    await accounts.close();
    await cluster?.client[Symbol.asyncDispose]();
  }
}

async function untilStopped({ log, stop, onReady }: ControllerOrder): Promise<void> {
  onReady?.();
  await stopped(stop);
  log.info({}, "stopping: finishing the steps that run");
}

function watched(
  { config, log, stop }: ControllerOrder,
  deps: Deps,
  { cluster, readiness }: { readonly cluster: OpenedCluster; readonly readiness: Readiness },
  onChange: () => void,
): RunningSource[] {
  const { kubernetesNamespaces: namespaces } = config;
  const { running, hindrance } = watchCluster({ cluster, namespaces, deps, log, stop, onChange });
  for (const source of running) awaitFirst(readiness, "kubernetes", source);
  readiness.set("cluster", hindrance);
  return [...running];
}

async function startNotifications({ config, log, clock, stop }: ControllerOrder, deps: Deps): Promise<void> {
  const { alarmWebhook: webhook } = config;
  return runNotifications({ db: deps.db, log, clock, owner: deps.replica, newId: deps.uuid, webhook, signal: stop });
}

function announce({ config, log }: ControllerOrder, { replica }: Deps, held: string | undefined): void {
  const { install, environment, rotation } = config;
  log.info({ install, environment, rotation, replica }, announcement(rotation === "on", held));
}

function announcement(rotationOn: boolean, held: string | undefined): string {
  if (!rotationOn) return "ready to observe; VELVET_ROTATION=off, so nothing is started";
  return held === undefined ? "ready" : "ready to observe; nothing is started";
}

function engineDeps(order: ControllerOrder, ledger: OpenLedger, keys: KeyRing, accounts: Accounts): Deps {
  return {
    db: ledger.db,
    accounts,
    keys,
    install: order.config.install,
    environment: order.config.environment,
    clock: order.clock,
    random: order.random,
    uuid: randomUUID,
    jitter: () => order.random(4).readUInt32BE() / 2 ** 32,
    timeout: deadlinesOf(order).timeout,
    pause: async (ms) => delay(ms),
    log: order.log,
    leaseMs: LEASE_MS,
    replica: `${hostname()}/${process.pid}`,
  };
}

function deadlinesOf({ clock }: ControllerOrder) {
  const monotonicMs = () => clock.monotonicMs();
  return { monotonicMs, timeout: sharedDeadlines(monotonicMs, (ms) => AbortSignal.timeout(ms)) };
}

function startSources(order: ControllerOrder, deps: Deps, readiness: Readiness, onChange: () => void): RunningSource[] {
  return configuredSources(order.config, order.environment).map(({ source, interval }) => {
    const running = runSource(source, {
      db: deps.db,
      clock: deps.clock,
      signal: order.stop,
      interval,
      onChange: (report) => {
        deps.log.info({ ...report, source: source.name }, "the source changed");
        onChange();
      },
      onFailure: (err, nextTryMs) => deps.log.warn({ source: source.name, err, nextTryMs }, "a source cannot be read"),
      owner: deps.replica,
      newId: deps.uuid,
      random: deps.jitter,
    });
    awaitFirst(readiness, source.name, running);
    return running;
  });
}

function awaitFirst(readiness: Readiness, name: string, { first }: RunningSource): void {
  let why: string | undefined = "it was not read yet";
  readiness.set(`source:${name}`, () => why);
  first.then(
    () => (why = undefined),
    () => undefined, // it was stopped, which is a check of its own
  );
}

async function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
