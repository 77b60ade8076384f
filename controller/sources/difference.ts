import type { RotationRequestSpec } from "../../crds/kinds.gen.ts";
import { isShowing } from "../domain/schedule/request.ts";
import type { Origin, Problem, SourceLook, Trust } from "./look.ts";
import { isRecord, keyOf, problemAt, type ShownDocument, shownDocument } from "./shown.ts";

/** An object as the ledger holds it. */
export interface KnownObject {
  readonly uid: string;
  readonly source: string;
  readonly specHash: string;
  readonly origin: Partial<Origin>;
  readonly trust: Trust;
  readonly present: boolean;
}

/** A request or a decision as the ledger holds it. */
export interface KnownRow {
  readonly uid: string;
  readonly specHash: string;
  readonly suspend?: boolean;
  /** As the scheduler asked for it, where it did. */
  readonly scheduled?: RotationRequestSpec | null;
}

/** What the ledger knows, by `keyOf`. */
export interface Known {
  readonly objects: ReadonlyMap<string, KnownObject>;
  readonly requests: ReadonlyMap<string, KnownRow>;
  readonly decisions: ReadonlyMap<string, KnownRow>;
}

/** What a look changes in the ledger. */
export interface Difference {
  /** To be written; those that were not there or had another spec are in `news`. */
  readonly objects: readonly ShownDocument[];
  /** Keys of `objects` that are new, that came back, or whose spec changed. */
  readonly news: ReadonlySet<string>;
  /** No longer shown. */
  readonly gone: readonly { readonly key: string; readonly uid: string }[];
  readonly requests: readonly ShownDocument[];
  readonly decisions: readonly ShownDocument[];
  readonly suspends: readonly { readonly uid: string; readonly suspend: boolean }[];
  readonly problems: readonly Problem[];
}

interface Draft {
  readonly objects: ShownDocument[];
  readonly news: Set<string>;
  readonly requests: ShownDocument[];
  readonly decisions: ShownDocument[];
  readonly suspends: { readonly uid: string; readonly suspend: boolean }[];
  readonly problems: Problem[];
}

/** The documents of a look that the ledger can hold, by key, in the order of the look. Pure. */
export function shownDocuments(look: SourceLook): {
  readonly byKey: ReadonlyMap<string, readonly ShownDocument[]>;
  readonly problems: readonly Problem[];
} {
  const byKey = new Map<string, ShownDocument[]>();
  const problems: Problem[] = [];
  for (const document of look.documents) {
    const shown = shownDocument(document);
    if ("code" in shown) {
      problems.push(shown);
      continue;
    }
    const same = byKey.get(shown.key);
    if (same === undefined) byKey.set(shown.key, [shown]);
    else same.push(shown);
  }
  return { byKey, problems };
}

/**
 * What a look changes. Pure.
 *
 * - A path with a problem keeps what it held before: a broken edit removes nothing.
 * - Of two documents with one name neither is taken; what was known stays in force as it was.
 * - A request or decision never changes once it is known, but for a request's `suspend`.
 * - An object belongs to the source that showed it first, until that source no longer shows it.
 */
export function difference(
  look: SourceLook,
  shown: ReturnType<typeof shownDocuments>,
  known: Known,
  firstSync: boolean,
): Difference {
  const draft: Draft = {
    objects: [],
    news: new Set(),
    requests: [],
    decisions: [],
    suspends: [],
    problems: [...look.problems, ...shown.problems],
  };
  for (const [key, documents] of shown.byKey) {
    const [first, ...others] = documents;
    if (first === undefined) continue;
    if (others.length === 0) compare(draft, look, known, first);
    else twice(draft, known, key, { first, documents, firstSync });
  }
  const broken = new Set([...look.problems, ...shown.problems].map((problem) => problem.path));
  const named = look.only && new Set(look.only.gone.map(keyOf));
  const gone = [...known.objects]
    .filter(([key, object]) => object.source === look.source && object.present && !shown.byKey.has(key))
    .filter(([key]) => named === undefined || named.has(key))
    .filter(([, object]) => object.origin.path === undefined || !broken.has(object.origin.path))
    .map(([key, object]) => ({ key, uid: object.uid }));
  return { ...draft, gone };
}

function twice(
  draft: Draft,
  known: Known,
  key: string,
  found: { readonly first: ShownDocument; readonly documents: readonly ShownDocument[]; readonly firstSync: boolean },
): void {
  const { first, documents, firstSync } = found;
  const kept =
    known.objects.get(key)?.present === true ? "What was known before stays in force." : "None of them is taken.";
  for (const document of documents) {
    const others = documents.filter((other) => other !== document).slice(0, 3);
    const places = others.map((other) => `${other.origin.path}:${other.origin.line}`).join(", ");
    draft.problems.push(problemAt(document, "DuplicateName", `${nameOf(document)} also stands at ${places}. ${kept}`));
  }
  // In an old repository a name that stands there twice was not asked for now either: it is recorded, never executed.
  if (firstSync) record(draft, known, first);
}

function compare(draft: Draft, look: SourceLook, known: Known, shown: ShownDocument): void {
  const object = known.objects.get(shown.key);
  const row = rowsOf(known, shown)?.get(shown.key);
  const objection = objectionTo(shown, look, object, row);
  if (objection !== undefined) {
    draft.problems.push(objection);
    return;
  }
  suspendOrResume(draft, shown, row);
  record(draft, known, shown);
  const same = object?.present === true && object.specHash === shown.hash;
  if (!same) draft.news.add(shown.key);
  if (!same || object.trust !== (shown.trust ?? look.trust) || !sameOrigin(object.origin, shown.origin))
    draft.objects.push(shown);
}

/** Why a document is not taken. */
function objectionTo(
  shown: ShownDocument,
  look: SourceLook,
  object: KnownObject | undefined,
  row: KnownRow | undefined,
): Problem | undefined {
  if (object?.present === true && object.source !== look.source) {
    const message = `${nameOf(shown)} belongs to the source ${object.source}, which still shows it.`;
    return problemAt(shown, "OwnedByAnotherSource", message);
  }
  if (row === undefined || row.specHash === shown.identity) return undefined;
  // What the scheduler asks for is shown on a cluster in the controller's own name there.
  if (row.scheduled && isShowing(row.scheduled, shown.spec)) return undefined;
  const code = shown.kind === "RotationRequest" ? "RequestImmutable" : "DecisionImmutable";
  return problemAt(shown, code, `${nameOf(shown)} was recorded with another spec and cannot change. Use a new name.`);
}

function suspendOrResume(draft: Draft, shown: ShownDocument, row: KnownRow | undefined): void {
  if (row === undefined || shown.kind !== "RotationRequest") return;
  const suspend = isRecord(shown.spec) && shown.spec["suspend"] === true;
  if (row.suspend !== suspend) draft.suspends.push({ uid: row.uid, suspend });
}

function record(draft: Draft, known: Known, shown: ShownDocument): void {
  if (rowsOf(known, shown)?.has(shown.key) !== false) return;
  (shown.kind === "RotationRequest" ? draft.requests : draft.decisions).push(shown);
}

function rowsOf(known: Known, shown: ShownDocument): ReadonlyMap<string, KnownRow> | undefined {
  if (shown.kind === "RotationRequest") return known.requests;
  return shown.kind === "RotationDecision" ? known.decisions : undefined;
}

function nameOf(shown: ShownDocument): string {
  return shown.namespace === "" ? `${shown.kind} ${shown.name}` : `${shown.kind} ${shown.namespace}/${shown.name}`;
}

const ORIGIN_FIELDS = ["commit", "path", "line", "author", "committer", "uid"] as const;

function sameOrigin(a: Partial<Origin>, b: Origin): boolean {
  return ORIGIN_FIELDS.every((field) => a[field] === b[field]);
}
