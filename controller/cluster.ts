/** What the controller does on a cluster: watches the four kinds, shows their statuses, reads the secrets that accounts name. */
import type { Config } from "./config.ts";
import type { ApiClient } from "./kubernetes/client.ts";
import { SYSTEM_CLOCK } from "./kubernetes/clock.ts";
import { openComeback } from "./kubernetes/comeback.ts";
import { openStatuses } from "./cluster-statuses.ts";
import type { Deps } from "./engine/deps.ts";
import type { Db } from "./ledger/db.ts";
import type { Log } from "./log.ts";
import { openSubjects } from "./projections/kubernetes/subjects.ts";
import { type AccountSecrets, openAccountSecrets } from "./sources/kubernetes/account-secrets.ts";
import { nameOf } from "./sources/kubernetes/documents.ts";
import { SOURCE } from "./sources/kubernetes/intake.ts";
import { runKubernetesSource } from "./sources/kubernetes/source.ts";
import { keyOf } from "./sources/shown.ts";
import type { RunningSource } from "./sources/poll.ts";
import { keepKeyPublished } from "./publication.ts";

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

export interface WatchedCluster {
  readonly running: readonly RunningSource[];
  /** What a person has to mend before this replica sees and shows what it should. */
  hindrance(this: void): string | undefined;
}

/** Runs until `stop`. */
export function watchCluster(order: ClusterOrder): WatchedCluster {
  const { deps, log, cluster, namespaces, stop } = order;
  const { client, secrets } = cluster;
  const onFailure = (err: unknown): void => log.warn({ source: SOURCE, err }, "a source cannot be read");
  const subjects = openSubjects();
  const { projector, health, run } = openStatuses({ deps, log, client, stop, subjects, onFailure });
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
    health,
    comeback: openComeback({ client, clock: SYSTEM_CLOCK, random: deps.jitter, onReady: () => projector.retry() }),
    onSeen: (kind, { key, object }) => {
      const path = keyOf(nameOf(kind, key));
      if (object === undefined) subjects.gone(path);
      else if (subjects.seen(kind, object)) projector.nudge(path);
    },
    alongside: run,
    onChange: (report) => {
      log.info({ ...report, problems: report.problems.length }, "the cluster's objects changed");
      secrets.wake();
      order.onChange();
    },
    onFailure,
    onPolicies: (missing) => tellPolicies(log, missing),
  });
  const published = keepKeyPublished({ db: deps.db, client, log, stop });
  return {
    running: [source, { first: source.first, done: Promise.all([secrets.run(stop), published]).then(() => undefined) }],
    hindrance: () => health.hindrance(),
  };
}

function tellPolicies(log: Log, missing: readonly string[]): void {
  if (missing.length === 0) log.info({}, "admission policies are in force: names count as the API server's");
  else log.warn({ missing }, "admission policies are not in force: names in objects count as claimed");
}
