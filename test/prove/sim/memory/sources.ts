/** What a look at a source writes. */
import type { DecisionRow, Json, ObjectRow, ProblemRow, RequestRow } from "./columns.ts";
import type { Statements, Tables } from "./tables.ts";
import { check, jsonb, later, momentOf, unique } from "./values.ts";

const KINDS = new Set(["VendorAccount", "Credential", "RotationRequest", "RotationDecision"]);
const WEEK_MS = 7 * 24 * 3_600_000;

interface Shown {
  readonly uid?: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: Json;
  readonly hash: string;
  readonly origin: Json;
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  readonly deadline?: string;
  /** Its own, where it has one. */
  readonly trust?: string;
}

function listOf(text: unknown): unknown[] {
  return JSON.parse(text as string) as unknown[];
}

export const SOURCES: Statements = {
  add_source: ({ source }, [name]) => {
    const known = source.get(name as string);
    const looked = { cursor: null, baseline: false, ready: false, reason: "NotSynced", message: "" };
    if (!known) source.put(name as string, { name: name as string, ...looked });
    return [];
  },

  lock_source: ({ source }, [name]) => {
    const row = source.get(name as string);
    return row ? [{ cursor: row.cursor, baseline: row.baseline }] : [];
  },

  source_objects: ({ object }, values) => {
    const [source, kinds, namespaces, names, all] = values as [string, string[], string[], string[], boolean];
    const asked = new Set(kinds.map((kind, index) => `${kind}/${namespaces[index]}/${names[index]}`));
    const found = object.where((row) => (all && row.source === source) || asked.has(objectKey(row)));
    return found.map(({ kind, namespace, name, uid, source, spec_hash: specHash, origin, trust, present }) => {
      return { kind, namespace, name, uid, source, specHash, origin, trust, present };
    });
  },

  source_requests: ({ request }, [namespaces, names]) =>
    named(request.where(isNamed(namespaces, names)), ({ spec, origin }) => ({
      suspend: spec["suspend"] === true,
      scheduled: origin["kind"] === "schedule" ? spec : null,
    })),

  source_decisions: ({ decision }, [namespaces, names]) =>
    named(decision.where(isNamed(namespaces, names)), () => ({})),

  write_objects: (tables, values) => {
    const [source, shown, trust] = values as [string, string, string];
    return (listOf(shown) as Shown[]).flatMap((each) => writeObject(tables, each, source, trust));
  },

  forget_objects: ({ object }, [uids]) => {
    const gone = object.where((row) => row.present && (uids as string[]).includes(row.uid));
    for (const row of gone) object.put(objectKey(row), { ...row, present: false });
    return [];
  },

  add_requests: (tables, [shown, trust]) =>
    (listOf(shown) as Shown[]).flatMap((each) => addRequest(tables, each, trust as string)),

  add_decisions: (tables, [shown, trust]) =>
    (listOf(shown) as Shown[]).flatMap((each) => addDecision(tables, each, trust as string)),

  suspend_requests: ({ request, now }, [shown]) => {
    for (const { uid, suspend } of listOf(shown) as { uid: string; suspend: boolean }[]) {
      const row = request.get(uid);
      if (row) request.put(uid, { ...row, spec: jsonb({ ...row.spec, suspend }), next_look_at: now, changed_at: now });
    }
    return [];
  },

  drop_problems: ({ problem }, [source, kept, paths]) => {
    const only = (paths ?? undefined) as readonly string[] | undefined;
    const left = new Set((listOf(kept) as ProblemRow[]).map((row) => problemKey(source as string, row)));
    const gone = problem.where(
      (row) => row.source === source && (only?.includes(row.path) ?? true) && !left.has(problemKey(row.source, row)),
    );
    for (const row of gone) problem.delete(problemKey(row.source, row));
    return [];
  },

  add_problems: ({ problem }, [name, found]) => {
    const source = name as string;
    for (const row of listOf(found) as Omit<ProblemRow, "source">[]) {
      const key = problemKey(source, row);
      if (!problem.has(key)) problem.put(key, { source, ...row });
    }
    return [];
  },

  source_paths: ({ object, problem }, [source, kind]) => {
    const shown = object.where((row) => row.source === source && row.kind === kind && row.present).map(objectKey);
    const wrong = problem.where((row) => row.source === source && row.path.startsWith(`${String(kind)}/`));
    return [...new Set([...shown, ...wrong.map(({ path }) => path)])].map((path) => ({ path }));
  },

  record_look: ({ source, problem }, [name, cursor, isWell]) => {
    const row = source.get(name as string);
    if (!row) return [];
    const problems = problem.where((each) => each.source === name).length;
    const said =
      problems === 0
        ? { reason: "Synced", message: "" }
        : { reason: "SyncedWithProblems", message: `problems in the files: ${problems}` };
    source.put(row.name, {
      ...row,
      cursor: (cursor as string | null) ?? row.cursor,
      baseline: true,
      ...(isWell === true ? { ready: true, ...said } : {}),
    });
    return [];
  },
};

function objectKey({ kind, namespace, name }: Pick<ObjectRow, "kind" | "namespace" | "name">): string {
  return `${kind}/${namespace}/${name}`;
}

function problemKey(source: string, { path, line, col, code, message }: Omit<ProblemRow, "source">): string {
  return JSON.stringify([source, path, line, col, code, message]);
}

function isNamed(namespaces: unknown, names: unknown): (row: RequestRow | DecisionRow) => boolean {
  const [spaces, asked] = [namespaces as string[], names as string[]];
  return ({ namespace, name }) => spaces.some((space, index) => space === namespace && asked[index] === name);
}

function named<Row extends RequestRow | DecisionRow>(rows: readonly Row[], more: (row: Row) => object): object[] {
  return rows.map((row) => {
    const { namespace, name, uid, spec_hash: specHash } = row;
    return { namespace, name, uid, specHash, ...more(row) };
  });
}

function writeObject(tables: Tables, shown: Shown, source: string, trust: string): readonly object[] {
  const { kind, namespace, name, hash: spec_hash } = shown;
  check(KINDS.has(kind), "object_kind_check");
  // Drawn before it is known whether it is needed.
  const fresh = tables.uuid();
  const key = objectKey(shown);
  const known = tables.object.get(key);
  if (known && known.source !== source && known.present) return [];
  const generation = known ? known.generation + Number(known.spec_hash !== spec_hash) : 1;
  const uid = known?.uid ?? fresh;
  const [spec, origin] = [jsonb(shown.spec), jsonb(shown.origin)];
  tables.object.put(key, {
    kind,
    namespace,
    name,
    uid,
    source,
    generation,
    spec,
    spec_hash,
    origin,
    trust: shown.trust ?? trust,
    present: true,
  });
  return [{ kind, namespace, name, uid, generation }];
}

/** What a request and a decision have in common; undefined where its name is known, for ever. */
function firstSeen(tables: Tables, table: "request" | "decision", shown: Shown, trust: string) {
  const { namespace, name, hash: spec_hash, state, reason, message } = shown;
  const uid = shown.uid ?? tables.uuid();
  const isSame = (row: RequestRow | DecisionRow): boolean => row.namespace === namespace && row.name === name;
  if (tables[table].find(isSame)) return undefined;
  unique(!tables[table].has(uid), `${table}_pkey`);
  const [spec, origin] = [jsonb(shown.spec), jsonb(shown.origin)];
  const said = { trust: shown.trust ?? trust, state, reason, message, appeared_at: tables.now, rotation: null };
  return { uid, namespace, name, spec, spec_hash, origin, ...said };
}

function addRequest(tables: Tables, shown: Shown, trust: string): readonly object[] {
  const { now } = tables;
  const row = firstSeen(tables, "request", shown, trust);
  if (!row) return [];
  const deadline = shown.deadline === undefined ? later(now, WEEK_MS) : momentOf(shown.deadline);
  tables.request.put(row.uid, { ...row, deadline, next_look_at: now, changed_at: now });
  return [{ namespace: row.namespace, name: row.name, uid: row.uid }];
}

function addDecision(tables: Tables, shown: Shown, trust: string): readonly object[] {
  const row = firstSeen(tables, "decision", shown, trust);
  if (!row) return [];
  const [request_name, credential_name] = [refOf(row.spec, "requestRef"), refOf(row.spec, "credentialRef")];
  tables.decision.put(row.uid, { ...row, request_name, credential_name, decided_at: null });
  if (row.state === "pending") wake(tables, row.namespace, request_name);
  return [{ namespace: row.namespace, name: row.name, uid: row.uid }];
}

function refOf(spec: Json, member: string): string | null {
  return (spec[member] as { readonly name?: string } | undefined)?.name ?? null;
}

/** A decision wakes its rotation, whichever way it came in. */
function wake({ rotation, now }: Tables, namespace: string, name: string | null): void {
  const woken = rotation.where((row) => row.ended_at === null && row.namespace === namespace && row.name === name);
  for (const row of woken) rotation.put(row.id, { ...row, wakes: row.wakes + 1, next_action_at: now });
}
