/** Everything that is judged, as the server writes rows into JSON. */
import type { CredentialSpec } from "../../../../crds/kinds.gen.ts";
import type { HeldRow } from "./columns.ts";
import type { Statements, Tables } from "./tables.ts";
import { INSTALL_CHAIN } from "./tables.ts";
import { compare, jsonTime } from "./values.ts";

export const ROWS: Statements = {
  sim_rows: (tables, [asked]) => {
    const namespace = asked as string;
    const { credential, request, decision, head } = tables;
    const isHere = (row: { readonly namespace: string }): boolean => row.namespace === namespace;
    const requests = request.where(isHere).sort(by("appeared_at", "uid"));
    const decisions = decision.where(isHere).sort(by("appeared_at", "uid"));
    return [
      {
        rows: {
          credentials: credential.where(isHere).sort(by("uid")).map(shown),
          ...ofRotations(tables, namespace),
          requests: requests.map(shown),
          decisions: decisions.map(shown),
          ...ofDrift(tables, namespace),
          installHead: { ...head.get(INSTALL_CHAIN) },
        },
      },
    ];
  },
};

function ofDrift(tables: Tables, namespace: string): object {
  const { credential, held, finding, correction } = tables;
  const uids = new Set(credential.where((row) => row.namespace === namespace).map(({ uid }) => uid));
  const isOf = (row: { readonly credential: string }): boolean => uids.has(row.credential);
  return {
    held: held.where(isOf).sort(by("credential", "place")).map(shown),
    watched: held
      .where((row) => isOf(row) && isOn(tables, row))
      .map(({ place }) => place)
      .toSorted(compare),
    findings: finding
      .where(isOf)
      .sort(by("since", "place", "kind"))
      .map(shown),
    corrections: correction
      .where(isOf)
      .sort(by("intent_at", "place", "id"))
      .map(shown),
  };
}

/** Neither the Credential was removed nor the consumer switched off. */
function isOn({ object }: Tables, { credential, place }: HeldRow): boolean {
  const [found] = object.where(({ uid }) => uid === credential);
  const { consumers } = (found?.spec ?? {}) as Partial<CredentialSpec>;
  return found?.present === true && consumers?.find(({ id }) => id === place)?.active !== false;
}

function ofRotations(tables: Tables, namespace: string): object {
  const { rotation, consumer, attempt, effect, retired, tombstone, audit, words, actor } = tables;
  const rotations = rotation.where((row) => row.namespace === namespace).sort(by("created_at", "name"));
  const ids = new Set(rotations.map(({ id }) => id));
  const isOf = (row: { readonly rotation: string }): boolean => ids.has(row.rotation);
  const attempts = attempt.where(isOf).sort(by("created_at", "number", "id"));
  const isTold = ({ chain }: { readonly chain: string }): boolean => chain === INSTALL_CHAIN || ids.has(chain);
  const told = audit.where(isTold);
  return {
    rotations: rotations.map(({ sealed_previous, sealed_slots, ...row }) =>
      shown({ ...row, sealed: sealed_previous !== null || sealed_slots !== null }),
    ),
    consumers: consumer.where(isOf).sort(by("rotation", "id")).map(shown),
    attempts: attempts.map(({ sealed, ...row }) => shown({ ...row, sealed: sealed !== null })),
    effects: effect.where(isOf).sort(by("intent_at", "fence")).map(shown),
    retired: retired.where(isOf).sort(by("changed_at", "vendor_id")).map(shown),
    tombstones: tombstone.where(isOf).sort(by("created_at", "id")).map(shown),
    audit: told.sort(by("chain", "seq")).map((row) => ({ ...row })),
    words: words
      .where(isTold)
      .sort(by("chain", "seq", "field"))
      .map((row) => ({ ...row })),
    actors: actor
      .where(() => true)
      .sort(by("id"))
      .map((row) => ({ ...row })),
  };
}

function by<Name extends string>(...names: readonly Name[]) {
  return (a: Readonly<Record<Name, string | number>>, b: Readonly<Record<Name, string | number>>): number => {
    for (const name of names) {
      const order = compare(a[name], b[name]);
      if (order !== 0) return order;
    }
    return 0;
  };
}

/** Columns of time end so, as do these two. */
const TIMES = new Set(["deadline", "lease_until", "destroy_after", "lands_until", "until", "since"]);
const BYTES = new Set(["spec_hash", "chain_hash"]);

function shown(row: object): object {
  const copy: Record<string, unknown> = { ...row };
  for (const [name, value] of Object.entries(row)) {
    if (typeof value === "number" && (name.endsWith("_at") || TIMES.has(name))) copy[name] = jsonTime(value);
    else if (BYTES.has(name)) copy[name] = `\\x${String(value)}`;
  }
  return copy;
}
