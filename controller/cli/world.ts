/** What the engine would see, from the ledger's view and the adapters' own declarations: so that commands decide with its rules. */
import type { IssuerTraits, SinkTraits } from "../../adapters/contract.ts";
import { CUSTODY } from "../domain/consumers.ts";
import type { ConsumerRow, Snapshot, World } from "../domain/world.ts";
import type { RotationView } from "../ledger/views.ts";
import type { Registry } from "./command.ts";

/** The traits of the snapshot's issuer; undefined where this Velvet has no such adapter, or its account is gone. */
export function issuerTraits(snapshot: Snapshot, registry: Registry): IssuerTraits | undefined {
  const block = snapshot.credential.spec.issuer;
  const adapter = adapterOf(snapshot, block.account, registry);
  return adapter?.issuerTraits?.(block[adapter.name] ?? {});
}

/** The traits of a consumer's sink, or of custody's. */
export function sinkTraits(snapshot: Snapshot, id: string, registry: Registry): SinkTraits | undefined {
  const { custody, consumers } = snapshot.credential.spec;
  const block: { readonly account: string; readonly [adapter: string]: unknown } | undefined =
    id === CUSTODY ? custody : consumers.find((consumer) => consumer.id === id);
  if (!block) return undefined;
  const adapter = adapterOf(snapshot, block.account, registry);
  return adapter?.sinkTraits?.(block[adapter.name] ?? {});
}

function adapterOf(snapshot: Snapshot, account: string, registry: Registry): Registry[string] | undefined {
  const name = snapshot.accounts[account]?.spec.adapter;
  return name === undefined || !Object.hasOwn(registry, name) ? undefined : registry[name];
}

/** The part of the ledger's view that a world is made of. */
export type Seen = Pick<RotationView, "rotation" | "consumers" | "attempts" | "retired" | "credential">;

/** Undefined where an adapter is not known here: then nothing can be said for certain. */
export function worldOf(view: Seen, registry: Registry): World | undefined {
  const { snapshot } = view.rotation;
  const issuer = issuerTraits(snapshot, registry);
  const order = new Map(snapshot.credential.spec.consumers.map(({ id }, index) => [id, index]));
  const rows = [...view.consumers].sort((a, b) => (order.get(a.id) ?? -1) - (order.get(b.id) ?? -1));
  const sinks: Record<string, SinkTraits> = {};
  for (const { id } of rows) {
    const traits = sinkTraits(snapshot, id, registry);
    if (traits) sinks[id] = traits;
  }
  if (!issuer || Object.keys(sinks).length < rows.length) return undefined;
  const { rotation, attempts, retired, credential } = view;
  return {
    rotation,
    custody: rows.find((row: ConsumerRow) => row.id === CUSTODY),
    consumers: rows.filter((row: ConsumerRow) => row.id !== CUSTODY),
    attempts,
    decisions: [],
    retired,
    credential,
    wakes: 0,
    issuer,
    sinks,
  };
}
