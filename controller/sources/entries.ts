import type { InstallEntry } from "../ledger/audit.ts";
import { askedHash } from "../ledger/words.ts";
import type { Difference } from "./difference.ts";
import type { SourceLook } from "./look.ts";
import type { ShownDocument } from "./shown.ts";

/** What the ledger made of a difference, by key. */
export interface SyncFacts {
  readonly baseline: boolean;
  readonly objects: ReadonlyMap<string, { readonly uid: string; readonly generation: number }>;
  /** Requests and decisions that were recorded now: their uids. */
  readonly added: ReadonlyMap<string, string>;
}

/** Requests and decisions are said once, when they appear. */
const LONG_LIVED: ReadonlySet<string> = new Set(["VendorAccount", "Credential"]);

/**
 * What a sync says in the install chain, one entry for each state change. Pure. No names of people: the chain is for ever, and a
 * person's name must stay erasable. The commit leads to them.
 */
export function syncEntries(look: SourceLook, found: Difference, facts: SyncFacts): readonly InstallEntry[] {
  const common = { source: look.source, trust: look.trust };
  const trusted = ({ trust }: ShownDocument) => (trust === undefined ? common : { ...common, trust });
  const cursor = look.cursor === undefined ? {} : { cursor: look.cursor };
  const first =
    facts.baseline && look.only?.first !== "part" ? [{ event: "SourceBaselined", ...common, ...cursor }] : [];
  const changed = found.objects
    .filter((document) => found.news.has(document.key) && LONG_LIVED.has(document.kind))
    .map((document) => ({ ...trusted(document), ...changedEntry(document, facts) }));
  const removed = found.gone.map(({ key, uid }) => ({ event: "ObjectRemoved", ...common, object: key, uid }));
  const appeared = [...found.requests, ...found.decisions]
    .filter((document) => facts.added.has(document.key))
    .map((document) => ({ ...trusted(document), ...appearedEntry(document, facts) }));
  return [...first, ...changed, ...removed, ...appeared];
}

function changedEntry(document: ShownDocument, facts: SyncFacts): InstallEntry {
  const written = facts.objects.get(document.key);
  return {
    event: "ObjectChanged",
    ...placeOf(document),
    uid: written?.uid ?? null,
    generation: written?.generation ?? null,
    specHash: document.hash,
  };
}

function appearedEntry(document: ShownDocument, facts: SyncFacts): InstallEntry {
  return {
    event: document.kind === "RotationRequest" ? "RequestAppeared" : "DecisionAppeared",
    ...placeOf(document),
    uid: facts.added.get(document.key) ?? null,
    askedHash: askedHash(document.spec),
    state: facts.baseline ? "baseline" : "pending",
  };
}

function placeOf({ kind, namespace, name, origin }: ShownDocument): object {
  const commit = origin.commit === undefined ? {} : { commit: origin.commit };
  return { kind, namespace, name, path: origin.path, ...commit };
}
