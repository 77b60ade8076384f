/** A roll gives the one token a new value, and the old value is dead at that moment: after Cloudflare's roll and Heroku's regenerate. */
import type { Truth } from "../truth.ts";
import type { MintKind, WireMinted, WireResidual } from "./issuer.ts";
import { exact, existing } from "./issuer.ts";
import { addVersion, versions } from "./versions.ts";

const NAME = "rolled-token";

function mint(truth: Truth): WireMinted {
  for (const key of versions(truth)) key.destroyed = true;
  const made = addVersion(truth, NAME, true);
  truth.judge(`issuer.mint ${made.id}`);
  return { id: made.id, value: made.value, issuedAt: exact(made.createdAt) };
}

/** An id of a generation before is gone with it. The current one ends with the whole token. */
function revoke(truth: Truth, id: string): readonly WireResidual[] {
  const key = existing(truth, id);
  if (!key) return [];
  key.destroyed = true;
  truth.judge(`issuer.revoke ${id}`);
  return [];
}

export const rollInPlace: MintKind = {
  original: (truth) => addVersion(truth, NAME, false, { acceptedFrom: truth.now() }),
  list: (truth) =>
    versions(truth).map((key) => ({ id: key.id, enabled: key.enabled, createdAt: exact(key.createdAt) })),
  mint,
  revoke,
  destroy: revoke,
};
