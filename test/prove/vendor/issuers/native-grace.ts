/**
 * A rotate gives the one token a new secret and keeps the old one alive until a date: after Cloudflare Access service tokens.
 * With `graceKeeps: last` only the newest secret and the one before it live: another rotate ends what lay further back, at once.
 */
import { refused } from "../refusals.ts";
import type { Key, Truth } from "../truth.ts";
import type { MintKind, WireKey, WireMint, WireMinted, WireResidual } from "./issuer.ts";
import { exact, existing } from "./issuer.ts";
import { addVersion, endAt, newest, versions } from "./versions.ts";

const NAME = "service-token";

function show(key: Key): WireKey {
  return {
    id: key.id,
    enabled: key.enabled,
    createdAt: exact(key.createdAt),
    ...(key.endsAt === undefined ? {} : { expiresAt: exact(key.endsAt) }),
  };
}

function mint(truth: Truth, { graceUntil }: WireMint): WireMinted {
  const [last, ...before] = versions(truth);
  if (truth.setup.graceKeeps !== "all") for (const key of before) key.destroyed = true;
  // No date means that the old one ends now.
  if (last) endAt(truth, last, graceUntil === undefined ? truth.now() : Date.parse(graceUntil));
  const made = addVersion(truth, NAME, true);
  truth.judge(`issuer.mint ${made.id}`);
  return { id: made.id, value: made.value, issuedAt: exact(made.createdAt) };
}

/** An older one ends now. The newest is the token itself: it can end only when nothing older lives by it. */
function revoke(truth: Truth, id: string): readonly WireResidual[] {
  const key = existing(truth, id);
  if (!key || !versions(truth).includes(key)) return [];
  if (newest(truth)?.id === id && versions(truth).length > 1) {
    const remedy = "Let the older one end first.";
    throw refused("issuer.revoke", "RequestRefused", "The newest value ends only with the whole token.", remedy);
  }
  key.destroyed = true;
  truth.judge(`issuer.revoke ${id}`);
  return [];
}

/** Only an old value has a date. */
export function moveGrace(truth: Truth, id: string, until: string): void {
  const key = existing(truth, id);
  const isThere = key !== undefined && versions(truth).includes(key);
  if (!isThere) throw refused("issuer.moveGrace", "AlreadyGone", "The old value has ended already.", "Rotate again.");
  if (newest(truth)?.id === id) {
    throw refused("issuer.moveGrace", "RequestRefused", "The newest value has no date to move.", "Name the old one.");
  }
  endAt(truth, key, Date.parse(until));
  truth.judge(`issuer.moveGrace ${id}`);
}

export const nativeGrace: MintKind = {
  original: (truth) => addVersion(truth, NAME, false, { acceptedFrom: truth.now() }),
  list: (truth) => {
    const until = truth.now() - (truth.setup.listLagMs ?? 0);
    return versions(truth)
      .filter((key) => key.createdAt <= until)
      .map(show);
  },
  mint,
  revoke,
  destroy: revoke,
};
