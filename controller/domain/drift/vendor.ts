/** What the vendor's list means: is the credential in use there, and who owns the rest? Pure. */
import type { IssuedKey, IssuerTraits, KeyId, Liveness } from "../../../adapters/contract.ts";
import { BY_GENERATION } from "../attribution.ts";
import type { Instant, RetiredRow } from "../world.ts";
import type { Kind, Seen } from "./kinds.ts";
import { AT_VENDOR } from "./kinds.ts";

/** An attempt that the ledger knows, whosever it is. */
export interface KnownAttempt {
  readonly id: string;
  readonly credential: string;
  readonly state: string;
  readonly vendorId: string | null;
  /** A tombstone watches for what came of it: the reaper's business. */
  readonly watched: boolean;
}

/** An old credential, and what was proven when it stopped being the current one. */
export interface Old extends Pick<RetiredRow, "vendorId" | "state"> {
  readonly changedAt: Instant;
  readonly lastReceiptAt?: Instant;
  /** Consumers that were skipped, or switched off. */
  readonly unproven?: readonly string[];
}

export interface Inventory {
  readonly credential: string;
  readonly install: string;
  readonly exclusive: boolean;
  readonly traits: IssuerTraits;
  readonly now: Instant;
  readonly currentId: KeyId | undefined;
  readonly keys: readonly IssuedKey[];
  readonly retired: readonly Old[];
  readonly attempts: readonly KnownAttempt[];
  /** What the vendor says of the value in use, where it was asked. */
  readonly verdict: Liveness | undefined;
  /** Uses that go on, of old credentials that were asked about. */
  readonly inUse: ReadonlySet<KeyId>;
}

export interface Inventoried {
  readonly seen: readonly Seen[];
  /** Nobody's business of Velvet. */
  readonly others: number;
}

const SKEW_MS = 120_000;
const DAY_MS = 86_400_000;
/** Told so long before, or for what does not live that long when a fifth of its life is left. */
const EXPIRING_MS = 7 * DAY_MS;

export function meaningOfInventory(inventory: Inventory): Inventoried {
  const current = inventory.keys.find(({ id }) => id === inventory.currentId);
  const rest = inventory.keys.filter(({ id }) => id !== inventory.currentId);
  const judged = rest.map((key) => judge(inventory, key));
  return {
    seen: [...currentSeen(inventory, current), ...judged.flatMap((each) => (each === "other" || !each ? [] : [each]))],
    others: judged.filter((each) => each === "other").length,
  };
}

/** The credential in use is looked for only where the vendor lists what it issues. */
export function isListed({ traits, currentId }: Pick<Inventory, "traits" | "currentId">): boolean {
  if (currentId === undefined || currentId.startsWith("by-hand@")) return false;
  return traits.authority === "vendor" && traits.mintClass !== "manual" && traits.endsByItselfMs === undefined;
}

function currentSeen(inventory: Inventory, key: IssuedKey | undefined): Seen[] {
  const { currentId = "", verdict, now } = inventory;
  const refused = verdict === "dead" ? [refusal(currentId)] : [];
  if (key === undefined) return isListed(inventory) && verdict !== "alive" ? [missing(currentId, verdict)] : refused;
  if (!key.enabled) {
    return [found("CurrentDisabled", key.id, `The vendor has ${key.id}, which is in use, disabled.`)];
  }
  return [...refused, ...expirySeen(key, now)];
}

function missing(id: KeyId, verdict: Liveness | undefined): Seen {
  const seen = found("CurrentMissing", id, `The vendor does not list ${id} any more, which is in use.`);
  if (verdict !== "dead") return { ...seen, doubtful: true };
  return { ...seen, message: `The vendor does not list ${id} any more, which is in use, and refuses its value.` };
}

function refusal(id: KeyId): Seen {
  return found("CurrentRefused", id, `The vendor refuses the value that custody holds and the ledger knows (${id}).`);
}

function expirySeen({ id, expiresAt, createdAt }: IssuedKey, now: Instant): Seen[] {
  if (expiresAt === undefined) return [];
  const left = Date.parse(expiresAt) - Date.parse(now);
  if (left <= 0)
    return [found("CurrentExpired", id, `The vendor ended ${id}, which is in use, at ${expiresAt}.`, expiresAt)];
  const life = createdAt === undefined ? Infinity : Date.parse(expiresAt) - Date.parse(createdAt);
  if (left > Math.min(EXPIRING_MS, life / 5)) return [];
  return [found("CurrentExpiring", id, `The vendor ends ${id}, which is in use, at ${expiresAt}.`, expiresAt)];
}

function judge(inventory: Inventory, key: IssuedKey): Seen | "other" | undefined {
  const old = inventory.retired.find(({ vendorId }) => vendorId === key.id);
  if (old) return oldSeen(inventory, key, old);
  const attempt = inventory.attempts.find((known) => known.id === attemptIn(key) || known.vendorId === key.id);
  if (attempt) return attemptSeen(inventory, key, attempt);
  if (!key.enabled) return "other";
  if (key.marker !== undefined && isOurInstall(inventory, key.marker)) return unknownMarker(key);
  // The next and the last value of one credential are no keys of their own.
  if (!inventory.exclusive || BY_GENERATION.has(inventory.traits.mintClass)) return "other";
  const message = `The vendor has ${key.id}, which Velvet did not make, although Velvet alone is to mint this credential.`;
  return { ...found("UnknownKey", key.id, message), doubtful: true };
}

function oldSeen({ inUse }: Inventory, key: IssuedKey, old: Old): Seen | undefined {
  const { state } = old;
  if (state === "restored") return undefined;
  if (state === "destroyed" || state === "manual") {
    if (!key.enabled) return undefined;
    const message = `The vendor still has ${key.id}, which was ended${state === "manual" ? " by hand" : ""}.`;
    return { ...found("RetiredStillLive", key.id, message), doubtful: true };
  }
  return stillUsed(key, old, inUse.has(key.id));
}

/** From its last receipt on every consumer has the new one: a use after that is somebody else's, or an old copy's. */
function stillUsed({ id, lastUsedAt }: IssuedKey, old: Old, isInUse: boolean): Seen | undefined {
  const from = [old.changedAt, ...(old.lastReceiptAt === undefined ? [] : [old.lastReceiptAt])].toSorted()[0] ?? "";
  const isLater = lastUsedAt !== undefined && Date.parse(lastUsedAt) > Date.parse(from) + SKEW_MS;
  if (!isLater && !isInUse) return undefined;
  const at = isLater ? `, last at ${lastUsedAt}` : "";
  const since =
    old.lastReceiptAt === undefined
      ? ""
      : ` The last consumer was proven to work with the new one at ${old.lastReceiptAt}.`;
  return found("OldStillUsed", id, `The old credential ${id} is still used${at}.${since} ${whoUses(old)}`);
}

function whoUses({ unproven = [], state }: Old): string {
  const others = "a consumer that is not registered, or one that still runs with an old copy";
  const who = unproven.length === 0 ? others : `${unproven.join(", ")}, not proven then; or ${others}`;
  return `It may be ${who}.${state === "quarantined" ? " It is disabled: whoever uses it is refused now." : ""}`;
}

/** What is under way, or watched, or another Credential's, has an owner. */
function attemptSeen({ credential }: Inventory, key: IssuedKey, attempt: KnownAttempt): Seen | undefined {
  if (!key.enabled || attempt.credential !== credential || attempt.watched || attempt.state === "open")
    return undefined;
  const message = `The vendor has ${key.id}, which Velvet minted (attempt ${attempt.id}), and nobody owns it.`;
  return { ...found("Orphan", key.id, message), doubtful: true };
}

/** Velvet revokes nothing that its ledger does not know: the ledger may have been restored, and this be in use. */
function unknownMarker({ id, marker = "" }: IssuedKey): Seen {
  const message = `The vendor has ${id} with a marker of Velvet's that this ledger does not know (${marker}).`;
  return { ...found("UnknownKey", id, message), doubtful: true };
}

const ATTEMPT = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The attempt's id, which every marker ends with. */
export function attemptIn({ marker }: Pick<IssuedKey, "marker">): string | undefined {
  return marker === undefined ? undefined : ATTEMPT.exec(marker)?.[0];
}

/** A marker that was cut from the left does not tell its install. */
export function isOurInstall({ install }: Pick<Inventory, "install">, marker: string): boolean {
  if (attemptIn({ marker }) === undefined) return false;
  return !marker.startsWith("velvet/") || marker.startsWith(`velvet/${install}/`);
}

function found(kind: Kind, id: KeyId, message: string, more = ""): Seen {
  const digest = more === "" ? id : `${id} ${more}`;
  return { place: AT_VENDOR, kind, grade: "vendor", message, digest, details: { vendorIds: [id] } };
}

/** One of a kind for each place: several ids are told together. */
export function together(seen: readonly Seen[]): readonly Seen[] {
  const kinds = new Map<Kind, Seen[]>();
  for (const each of seen) kinds.set(each.kind, [...(kinds.get(each.kind) ?? []), each]);
  return [...kinds.values()].flatMap((same) => (same.length === 1 ? same : [joined(same)]));
}

const MOST_TOLD = 8;

function joined(same: readonly Seen[]): Seen {
  const [first] = same;
  if (!first) throw new Error("nothing to tell together");
  const told = same.slice(0, MOST_TOLD).map(({ message }) => message);
  const more = same.length - told.length;
  return {
    ...first,
    message: [...told, ...(more > 0 ? [`And ${more} more.`] : [])].join(" "),
    digest: same
      .map(({ digest }) => digest)
      .toSorted()
      .join("|"),
    details: { vendorIds: same.flatMap(({ details }) => details["vendorIds"] ?? []).map(String) },
    ...(same.every(({ doubtful }) => doubtful === true) ? { doubtful: true } : {}),
  };
}
