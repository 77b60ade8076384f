/**
 * A mint only triggers: the vendor makes the next generation, writes its own consumers a little later and lets the old one live for
 * half an hour. After Heroku Postgres, which refuses that anybody else writes there.
 */
import { refused } from "../refusals.ts";
import { CUSTODY } from "../shape.ts";
import { plant } from "../sinks.ts";
import type { Key, Truth } from "../truth.ts";
import type { MintKind, WireKey, WireMinted, WireResidual } from "./issuer.ts";
import { exact, existing } from "./issuer.ts";
import { addVersion, endAt, newest, versions } from "./versions.ts";

const NAME = "database-login";
const OLD_LIVES_MS = 30 * 60_000;
const WRITES_AFTER_MS = 5_000;

function show(key: Key): WireKey {
  return {
    id: key.id,
    enabled: key.enabled,
    createdAt: exact(key.createdAt),
    ...(key.endsAt === undefined ? {} : { expiresAt: exact(key.endsAt) }),
  };
}

function mint(truth: Truth): WireMinted {
  for (const key of versions(truth)) {
    if (key.endsAt === undefined) endAt(truth, key, truth.now() + OLD_LIVES_MS);
  }
  const made = addVersion(truth, NAME, true);
  truth.at(truth.now() + (truth.setup.vendorWritesMs ?? WRITES_AFTER_MS), () => writeConsumers(truth, made));
  truth.judge(`issuer.mint ${made.id}`);
  return { id: made.id, value: made.value, issuedAt: exact(made.createdAt) };
}

/** An older generation that comes late does not undo a newer one. */
function writeConsumers(truth: Truth, made: Key): void {
  if (newest(truth)?.id !== made.id) return;
  for (const place of truth.places.values()) {
    if (place.id !== CUSTODY) plant(truth, place.id, made, "vendor.write");
  }
}

function revoke(truth: Truth, id: string): readonly WireResidual[] {
  const key = existing(truth, id);
  if (!key || !versions(truth).includes(key)) return [];
  if (newest(truth)?.id === id) {
    const remedy = "Trigger another one instead.";
    throw refused("issuer.revoke", "RequestRefused", "The vendor does not end what its consumers use.", remedy);
  }
  key.destroyed = true;
  truth.judge(`issuer.revoke ${id}`);
  return [];
}

export const vendorDistributed: MintKind = {
  original: (truth) => addVersion(truth, NAME, false, { acceptedFrom: truth.now() }),
  list: (truth) => versions(truth).map(show),
  mint,
  revoke,
  destroy: revoke,
};
