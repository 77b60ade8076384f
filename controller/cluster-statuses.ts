/** What the controller shows on a cluster: statuses and Events, and what keeps it from showing or seeing anything. */
import { runScheduled } from "./cluster-scheduled.ts";
import type { Deps } from "./engine/deps.ts";
import type { ApiClient } from "./kubernetes/client.ts";
import { SYSTEM_CLOCK } from "./kubernetes/clock.ts";
import { EventRecorder } from "./kubernetes/events.ts";
import { StatusWriter } from "./kubernetes/status-writer.ts";
import type { Log } from "./log.ts";
import { fitTo } from "./projections/kubernetes/fit.ts";
import { openProjector, type Projector, type WriteStatus } from "./projections/kubernetes/project.ts";
import type { KnownSubject, Subjects } from "./projections/kubernetes/subjects.ts";
import { SourceFailure } from "./sources/failure.ts";
import {
  type Definitions,
  type Lacking,
  openDefinitions,
  outdated,
  OUTDATED,
} from "./sources/kubernetes/definitions.ts";
import { type Health, openHealth } from "./sources/kubernetes/health.ts";
import { SOURCE } from "./sources/kubernetes/intake.ts";
import { resourceOf } from "./sources/kubernetes/resources.ts";
import { failureOf } from "./sources/kubernetes/trouble.ts";
import { API_VERSION, GROUP, KINDS } from "./sources/manifest/schema.ts";

export interface StatusesOrder {
  readonly deps: Deps;
  readonly log: Log;
  readonly client: ApiClient;
  readonly stop: AbortSignal;
  readonly subjects: Subjects;
  readonly onFailure: (error: unknown) => void;
}

export interface Statuses {
  /** Writes what the ledger says, for as long as this replica is the one that watches. */
  run(this: void, signal: AbortSignal): Promise<void>;
  readonly projector: Projector;
  readonly health: Health;
}

export function openStatuses(order: StatusesOrder): Statuses {
  const { deps, log, client, onFailure } = order;
  const events = openEvents(order);
  const health = openHealth({
    db: deps.db,
    source: SOURCE,
    onFailure,
    onIll: (part, failure) => tellOfKind(events, part, failure),
  });
  const tell = (lacking: Lacking): void => {
    if (lacking.size === 0) return void health.well(DEFINITIONS).catch(onFailure);
    const failure = outdated(lacking);
    for (const kind of lacking.keys()) tellOfKind(events, resourceOf(kind).plural, failure);
    void health.ill(DEFINITIONS, failure);
  };
  const definitions = openDefinitions({
    client,
    clock: deps.clock,
    onChange: (lacking) => {
      if (lacking.size > 0) log.warn({ err: outdated(lacking) }, "the cluster's CRDs are older than this Velvet");
      tell(lacking);
      projector.nudgeAll();
    },
  });
  const projector = openWriting(order, { events, health, definitions });
  return {
    projector,
    health,
    run: async (signal) => {
      await definitions.look(signal);
      tell(definitions.all());
      const scheduled = runScheduled({ deps, log, client, events }, signal);
      await Promise.all([projector.run(signal), definitions.run(signal), scheduled]);
    },
  };
}

interface Means {
  readonly events: EventRecorder;
  readonly health: Health;
  readonly definitions: Definitions;
}

function openWriting(order: StatusesOrder, { events, health, definitions }: Means): Projector {
  const { deps, log, client, subjects, onFailure } = order;
  return openProjector({
    db: deps.db,
    source: SOURCE,
    subjects,
    fit: fitTo(definitions),
    write: writeWith(client),
    announce: ({ subject, ...text }) => events.record(regarding(subject), { ...text, action: "Show" }),
    onTrouble: (err, path, subject) => {
      const failure = failureOf(err, "status");
      const { reason, remedy } = failure instanceof SourceFailure ? failure : {};
      log.warn({ err, path, reason, remedy }, "a status cannot be shown; it is tried again");
      if (!(failure instanceof SourceFailure)) return;
      if (failure.reason === OUTDATED) definitions.doubt();
      if (subject !== undefined && failure.reason !== "KubernetesUnavailable") tellOf(events, subject, failure);
      void health.ill(STATUSES, failure);
    },
    onWell: () => void health.well(STATUSES).catch(onFailure),
    monotonicMs: () => deps.clock.monotonicMs(),
    random: deps.jitter,
  });
}

/** The parts of the source's health beside its watches. */
const STATUSES = "statuses";
const DEFINITIONS = "definitions";

function writeWith(client: ApiClient): WriteStatus {
  const writers = new Map(
    KINDS.map((kind) => [kind, new StatusWriter({ client, resource: resourceOf(kind), fieldManager: "velvet" })]),
  );
  return async ({ kind, namespace, name, uid, resourceVersion }, status, signal) => {
    const owner = { name, uid, resourceVersion, ...(namespace === "" ? {} : { namespace }) };
    const writer = writers.get(kind);
    // What stands there is known from the watch: whoever asks has found that it differs.
    writer?.forget(owner);
    const written = await writer?.write(owner, status, signal);
    if (written?.outcome === "refused") throw written.error;
    return written?.outcome === "written" ? written : undefined;
  };
}

function openEvents({ deps, client, stop }: StatusesOrder): EventRecorder {
  return new EventRecorder({
    client,
    controller: "velvet.raxx.app/controller",
    instance: deps.replica,
    clock: SYSTEM_CLOCK,
    random: deps.jitter,
    signal: stop,
  });
}

function regarding({ kind, namespace, name, uid }: KnownSubject): Parameters<EventRecorder["record"]>[0] {
  return { apiVersion: API_VERSION, kind, metadata: { name, uid, ...(namespace === "" ? {} : { namespace }) } };
}

/** Where its status cannot say it. */
function tellOf(events: EventRecorder, subject: KnownSubject, { reason, message, remedy }: SourceFailure): void {
  events.record(regarding(subject), { type: "Warning", reason, action: "Show", note: `${message} ${remedy}` });
}

/** What holds for all objects of a kind is said of its definition; of an API server that is away nothing can be told there. */
function tellOfKind(events: EventRecorder, part: string, { reason, message, remedy }: SourceFailure): void {
  if (reason === "KubernetesUnavailable" || part === STATUSES || part === DEFINITIONS) return;
  const plural = part.split(".")[0] ?? part;
  const metadata = { name: `${plural}.${GROUP}` };
  const definition = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata };
  events.record(definition, { type: "Warning", reason, action: "Watch", note: `${message} ${remedy}` });
}
