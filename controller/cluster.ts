/** What the controller does on a cluster: watches the four kinds, shows their statuses, reads the secrets that accounts name. */
import type { Config } from "./config.ts";
import type { ApiClient } from "./kubernetes/client.ts";
import { SYSTEM_CLOCK } from "./kubernetes/clock.ts";
import { EventRecorder } from "./kubernetes/events.ts";
import { StatusWriter } from "./kubernetes/status-writer.ts";
import { API_VERSION, KINDS } from "./sources/manifest/schema.ts";
import type { Deps } from "./engine/deps.ts";
import type { Db } from "./ledger/db.ts";
import type { Log } from "./log.ts";
import { openProjector, type Projector } from "./projections/kubernetes/project.ts";
import { openSubjects, type Subjects } from "./projections/kubernetes/subjects.ts";
import { type AccountSecrets, openAccountSecrets } from "./sources/kubernetes/account-secrets.ts";
import { nameOf } from "./sources/kubernetes/documents.ts";
import { SOURCE } from "./sources/kubernetes/intake.ts";
import { resourceOf } from "./sources/kubernetes/resources.ts";
import { runKubernetesSource } from "./sources/kubernetes/source.ts";
import { failureOf } from "./sources/kubernetes/trouble.ts";
import { keyOf } from "./sources/shown.ts";
import { SourceFailure } from "./sources/failure.ts";
import type { RunningSource } from "./sources/poll.ts";
import { keepKeyPublished } from "./publication.ts";
import { failSource, touchSource } from "./sources/state.ts";

export interface OpenedCluster {
  readonly client: ApiClient;
  readonly secrets: AccountSecrets;
}

export interface ClusterConfig {
  readonly config: Pick<Config, "kubernetesNamespaces">;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly stop: AbortSignal;
}

const FIRST_READ_MS = 10_000;

/** Undefined where no API server is watched. The secrets that accounts name are read once before anything begins. */
export async function openClusterOf(order: ClusterConfig, db: Db): Promise<OpenedCluster | undefined> {
  const { config, environment, log, stop } = order;
  if (config.kubernetesNamespaces === undefined) return undefined;
  // Large, and slow to load: nobody who does not talk to a cluster pays for it.
  const { openCluster } = await import("./kubernetes/cluster.ts");
  const client = await openCluster({ env: environment });
  const secrets = openAccountSecrets({
    db,
    client,
    onTrouble: (err, name) => log.warn({ err, secret: name }, "a Secret of an account cannot be read"),
  });
  await secrets.refresh(AbortSignal.any([stop, AbortSignal.timeout(FIRST_READ_MS)])).catch(() => undefined);
  return { client, secrets };
}

export interface ClusterOrder {
  readonly deps: Deps;
  readonly log: Log;
  readonly cluster: OpenedCluster;
  readonly namespaces: Config["kubernetesNamespaces"];
  readonly stop: AbortSignal;
  readonly onChange: () => void;
}

/** Runs until `stop`. */
export function watchCluster(order: ClusterOrder): RunningSource[] {
  const { deps, log, cluster, namespaces, stop } = order;
  const { client, secrets } = cluster;
  const subjects = openSubjects();
  const projector = openStatuses(order, subjects);
  const source = runKubernetesSource({
    db: deps.db,
    client,
    ...(namespaces === "all" || namespaces === undefined ? {} : { namespaces }),
    environment: deps.environment,
    clock: deps.clock,
    random: deps.jitter,
    signal: stop,
    owner: deps.replica,
    newId: deps.uuid,
    onSeen: (kind, { key, object }) => {
      const path = keyOf(nameOf(kind, key));
      if (object === undefined) subjects.gone(path);
      else if (subjects.seen(kind, object)) projector.nudge(path);
    },
    alongside: async (signal) => projector.run(signal),
    onChange: (report) => {
      log.info({ ...report, problems: report.problems.length }, "the cluster's objects changed");
      secrets.wake();
      order.onChange();
    },
    onFailure: (err) => log.warn({ source: SOURCE, err }, "a source cannot be read"),
    onPolicies: (missing) => {
      if (missing.length === 0) log.info({}, "admission policies are in force: names count as the API server's");
      else log.warn({ missing }, "admission policies are not in force: names in objects count as claimed");
    },
  });
  const published = keepKeyPublished({ db: deps.db, client, log, stop });
  return [source, { first: source.first, done: Promise.all([secrets.run(stop), published]).then(() => undefined) }];
}

/** Writes what the ledger says, for as long as this replica is the one that watches. */
function openStatuses(order: ClusterOrder, subjects: Subjects): Projector {
  const { deps, log, cluster } = order;
  const { client } = cluster;
  const health = openHealth(deps.db);
  const writers = new Map(
    KINDS.map((kind) => [kind, new StatusWriter({ client, resource: resourceOf(kind), fieldManager: "velvet" })]),
  );
  const events = openEvents(order);
  return openProjector({
    db: deps.db,
    source: SOURCE,
    subjects,
    write: async (subject, status, signal) => {
      const { kind, namespace, name, uid, resourceVersion } = subject;
      const owner = { name, uid, resourceVersion, ...(namespace === "" ? {} : { namespace }) };
      const writer = writers.get(kind);
      // What stands there is known from the watch: whoever asks has found that it differs.
      writer?.forget(owner);
      const written = await writer?.write(owner, status, signal);
      if (written?.outcome === "refused") throw written.error;
      await health.well();
      return written?.outcome === "written" ? written : undefined;
    },
    announce: ({ subject, ...text }) => {
      const { kind, namespace, name, uid } = subject;
      const metadata = { name, uid, ...(namespace === "" ? {} : { namespace }) };
      events.record({ apiVersion: API_VERSION, kind, metadata }, { ...text, action: "Show" });
    },
    onTrouble: (err, path) => {
      log.warn({ err, path }, "a status cannot be shown; it is tried again");
      health.ill(err);
    },
    monotonicMs: () => deps.clock.monotonicMs(),
    random: deps.jitter,
  });
}

function openEvents({ deps, cluster, stop }: ClusterOrder): EventRecorder {
  return new EventRecorder({
    client: cluster.client,
    controller: "velvet.raxx.app/controller",
    instance: deps.replica,
    clock: SYSTEM_CLOCK,
    random: deps.jitter,
    signal: stop,
  });
}

/** Where nothing can be shown in the cluster, the source's row says so, which the ledger's own commands show. */
function openHealth(db: Db): { well(): Promise<void>; ill(error: unknown): void } {
  let isIll = false;
  return {
    well: async () => {
      if (!isIll) return;
      isIll = false;
      await touchSource(db, SOURCE);
    },
    ill: (error) => {
      const failure = failureOf(error);
      if (!(failure instanceof SourceFailure)) return;
      isIll = true;
      void told(db, failure);
    },
  };
}

/** What the ledger says of it then is not worth a second report. */
async function told(db: Db, failure: SourceFailure): Promise<void> {
  await failSource(db, { name: SOURCE, kind: "kubernetes" }, failure).catch(() => undefined);
}
