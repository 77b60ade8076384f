/** Writes one look at a source into the ledger: one transaction, a fixed number of statements for any number of documents. */
import { appendInstallAudit, type InstallEntry } from "../ledger/audit.ts";
import { type Db, statement, type Statement } from "../ledger/db.ts";
import { guardLease, type Lease } from "../ledger/lease.ts";
import {
  type Difference,
  difference,
  type Known,
  type KnownObject,
  type KnownRow,
  shownDocuments,
} from "./difference.ts";
import { syncEntries } from "./entries.ts";
import type { Problem, SourceLook } from "./look.ts";
import { problemRows } from "./problems.ts";
import { keyOf, type ShownDocument } from "./shown.ts";

const ADD_SOURCE = statement("add_source");
const LOCK_SOURCE = statement("lock_source");
const SOURCE_OBJECTS = statement("source_objects");
const SOURCE_REQUESTS = statement("source_requests");
const SOURCE_DECISIONS = statement("source_decisions");
const WRITE_OBJECTS = statement("write_objects");
const FORGET_OBJECTS = statement("forget_objects");
const ADD_REQUESTS = statement("add_requests");
const SUSPEND_REQUESTS = statement("suspend_requests");
const ADD_DECISIONS = statement("add_decisions");
const DROP_PROBLEMS = statement("drop_problems");
const ADD_PROBLEMS = statement("add_problems");
const RECORD_LOOK = statement("record_look");
const WAKE_REQUESTS = statement("wake_requests");

/** What a sync did. */
export interface SyncReport {
  readonly source: string;
  readonly cursor?: string;
  /** True when this was the source's first sync on this ledger: requests and decisions were recorded as `baseline`, not executed. */
  readonly baseline: boolean;
  /** Objects that are new, came back or have another spec; `removed` are no longer shown. */
  readonly changed: number;
  readonly removed: number;
  /** Requests and decisions that were never seen before. */
  readonly requests: number;
  readonly decisions: number;
  /** Requests whose `suspend` changed. */
  readonly suspended: number;
  /** Everything that is wrong with the source's files now. */
  readonly problems: readonly Problem[];
}

/** True when the look changed something that the engine may have to act on. */
export function changedSomething(report: SyncReport): boolean {
  return report.changed + report.removed + report.requests + report.decisions + report.suspended > 0;
}

/**
 * Writes a look. Idempotent: the same look again writes the source's row and nothing else. The first one of a source must be whole, or come in parts that say so. With `lease`, the transaction fails with
 * `LeaseLost` when another replica has taken over.
 */
export async function syncSource(db: Db, look: SourceLook, lease?: Lease): Promise<SyncReport> {
  const shown = shownDocuments(look);
  return db.transaction(async (tx) => {
    if (lease !== undefined) await guardLease(tx, lease);
    await tx.query(ADD_SOURCE, [look.source, look.kind]);
    const [row] = await tx.query<{ baseline: boolean }>(LOCK_SOURCE, [look.source]);
    const baseline = row?.baseline === false;
    if (baseline && look.only !== undefined && look.only.first === undefined)
      throw new Error(`the first look at ${look.source} shows only a part`);
    const known = await readKnown(
      tx,
      look,
      [...shown.byKey.values()].flatMap((documents) => documents.slice(0, 1)),
    );
    const found = difference(look, shown, known, baseline);
    const entries = await write(tx, look, found, baseline);
    await wakeRequests(tx, found);
    await writeProblems(tx, look, found.problems);
    if (look.only?.first !== "part") {
      await tx.query(RECORD_LOOK, [look.source, look.cursor ?? null, look.ill !== true]);
    }
    await appendInstallAudit(tx, entries);
    return reportOf(look, found, baseline);
  });
}

function reportOf(look: SourceLook, found: Difference, baseline: boolean): SyncReport {
  return {
    source: look.source,
    ...(look.cursor === undefined ? {} : { cursor: look.cursor }),
    baseline,
    changed: found.news.size,
    removed: found.gone.length,
    requests: found.requests.length,
    decisions: found.decisions.length,
    suspended: found.suspends.length,
    problems: found.problems,
  };
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

async function readKnown(tx: Db, look: SourceLook, shown: readonly ShownDocument[]): Promise<Known> {
  const named = [...shown, ...(look.only?.gone ?? [])];
  const objects = await tx.query<KnownObject & Named & { kind: string }>(SOURCE_OBJECTS, [
    look.source,
    named.map(({ kind }) => kind),
    named.map(({ namespace }) => namespace),
    named.map(({ name }) => name),
    look.only === undefined,
  ]);
  const rows = async (kind: "RotationRequest" | "RotationDecision", question: Statement) => {
    const asked = shown.filter((document) => document.kind === kind);
    if (asked.length === 0) return new Map<string, KnownRow>();
    const names = [asked.map((document) => document.namespace), asked.map((document) => document.name)];
    const found = await tx.query<KnownRow & Named>(question, names);
    return new Map(found.map((row) => [keyOf({ ...row, kind }), row]));
  };
  return {
    objects: new Map(objects.map((object) => [keyOf(object), object])),
    requests: await rows("RotationRequest", SOURCE_REQUESTS),
    decisions: await rows("RotationDecision", SOURCE_DECISIONS),
  };
}

interface AddedRow extends Named {
  readonly uid: string;
}

interface WrittenRow extends AddedRow {
  readonly kind: string;
  readonly generation: number;
}

/** Writes what differs; returns what the audit chain has to say about it. */
async function write(tx: Db, look: SourceLook, found: Difference, baseline: boolean): Promise<readonly InstallEntry[]> {
  const objects = found.objects.map(({ kind, namespace, name, spec, hash, origin, trust }) => ({
    kind,
    namespace,
    name,
    spec,
    hash,
    origin,
    trust,
  }));
  const written = await inChunks(objects, async (chunk) =>
    tx.query<WrittenRow>(WRITE_OBJECTS, [look.source, JSON.stringify(chunk), look.trust]),
  );
  const uids = new Map(written.map((object) => [keyOf(object), object]));
  if (found.gone.length > 0) await tx.query(FORGET_OBJECTS, [found.gone.map((object) => object.uid)]);
  const state = baseline ? BASELINE : PENDING;
  const row = ({ namespace, name, spec, identity, origin, trust, deadline, key }: ShownDocument) => {
    return { uid: uids.get(key)?.uid, namespace, name, spec, hash: identity, origin, trust, deadline, ...state };
  };
  const requests = await inChunks(found.requests.map(row), async (chunk) =>
    tx.query<AddedRow>(ADD_REQUESTS, [JSON.stringify(chunk), look.trust]),
  );
  const decisions = await inChunks(found.decisions.map(row), async (chunk) =>
    tx.query<AddedRow>(ADD_DECISIONS, [JSON.stringify(chunk), look.trust]),
  );
  if (found.suspends.length > 0) await tx.query(SUSPEND_REQUESTS, [JSON.stringify(found.suspends)]);
  const added = [
    ...requests.map((request) => [keyOf({ ...request, kind: "RotationRequest" }), request.uid] as const),
    ...decisions.map((decision) => [keyOf({ ...decision, kind: "RotationDecision" }), decision.uid] as const),
  ];
  return syncEntries(look, found, { baseline, objects: uids, added: new Map(added) });
}

/** What requests wait for may have come. */
async function wakeRequests(tx: Db, { objects, news }: Difference): Promise<void> {
  const changed = objects.filter(({ key }) => news.has(key));
  const namespaces = changed.filter(({ kind }) => kind === "Credential").map(({ namespace }) => namespace);
  const account = changed.some(({ kind }) => kind === "VendorAccount");
  if (account || namespaces.length > 0) await tx.query(WAKE_REQUESTS, [[...new Set(namespaces)], account]);
}

const PENDING = { state: "pending", reason: "Pending", message: "" };
const BASELINE = {
  state: "baseline",
  reason: "Baseline",
  message: "It was there when this ledger first saw its source, and is not executed.",
};

const CHUNK = 1_000;

async function inChunks<Row, Result>(
  rows: readonly Row[],
  run: (chunk: readonly Row[]) => Promise<Result[]>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < rows.length; at += CHUNK) results.push(...(await run(rows.slice(at, at + CHUNK))));
  return results;
}

async function writeProblems(tx: Db, { source, only }: SourceLook, problems: readonly Problem[]): Promise<void> {
  const rows = JSON.stringify(problemRows(problems));
  await tx.query(DROP_PROBLEMS, [source, rows, only?.paths ?? null]);
  if (problems.length > 0) await tx.query(ADD_PROBLEMS, [source, rows]);
}
