/** One look at everything of a Credential: its places, its vendor, its accounts. */
import type { Liveness } from "../../adapters/contract.ts";
import type { SecretFields } from "../../adapters/secret.ts";
import type { Cause } from "../domain/backoff.ts";
import { CUSTODY } from "../domain/consumers.ts";
import { durationMs } from "../domain/duration.ts";
import { accountPlace, type Seen } from "../domain/drift/kinds.ts";
import { keysOf } from "../engine/value.ts";
import type { CheckClaim } from "../ledger/drift.ts";
import type { PlaceState } from "../domain/drift/memory.ts";
import { Books, type Kept } from "./books.ts";
import { lookAtPlace, type PlaceLook } from "./look-at-place.ts";
import { lookAtVendor } from "./look-at-vendor.ts";
import type { LookPass } from "./pass.ts";
import { sharedSeen } from "./shared.ts";
import { type Spot, spotOf } from "./spot.ts";
import { observeTogether, type Observing } from "./targets.ts";

/** All that one look brought. */
export interface Survey extends Kept {
  /** The value in use, where it could be read; for this look alone. */
  readonly current: { readonly value: SecretFields; readonly isLedgers: boolean } | undefined;
  readonly verdict: Liveness | undefined;
  /** For a write that depends on it. */
  readonly sights: ReadonlyMap<string, PlaceLook>;
}

const AT_ONCE = 3;
/** An account that does not work is not asked after by every Credential at every turn. */
const UNREADY_MS = 300_000;

export async function survey(pass: LookPass): Promise<Survey> {
  const unready = unreadySeen(pass);
  const books = new Books(pass.claim);
  books.see(unready.seen, (place, kind) => kind === "AccountNotReady" && place.startsWith(accountPlace("")));
  const looks = await lookAtPlaces(pass, unready.accounts, books);
  const current = currentIn(pass, looks);
  const known = current?.isLedgers === true ? current.value : undefined;
  if (known) books.see(await sharedSeen(pass, known), (_, kind) => kind === "SharedValue");
  const { account } = pass.snapshot.credential.spec.issuer;
  const vendor = unready.accounts.get(account) ?? (await lookAtVendor(pass, known));
  books.vendor(vendor);
  const verdict = "verdict" in vendor ? vendor.verdict : undefined;
  return { ...books.closed(), current, verdict, sights: new Map(looks.map((look) => [look.place, look])) };
}

/** Who is switched off may hold anything. Where the value is read is always looked at. */
async function lookAtPlaces(pass: LookPass, unready: Unready, books: Books): Promise<readonly PlaceLook[]> {
  const { custody, consumers, readFrom } = pass.snapshot.credential.spec;
  const active = consumers.filter(({ active: is }) => is !== false).map(({ id }) => id);
  const places = [...(custody ? [CUSTODY] : []), ...active];
  const due = places.filter((place) => place === CUSTODY || place === readFrom || !isFresh(pass, place));
  const spots = due.map((place) => spotOf(pass, place));
  const observing = observeTogether(
    pass,
    spots.filter(({ account }) => !unready.has(account)),
  );
  const looks = await inTurns(spots, (spot) => lookOrNot(pass, spot, unready, observing));
  for (const look of looks) books.place(look);
  for (const place of places) if (!due.includes(place)) books.left(place);
  return looks;
}

/** What was looked at a short while ago, by a look that could not finish, is not looked at again. */
function isFresh({ claim }: LookPass, place: string): boolean {
  if (claim.postponed === null) return false;
  const { at, state } = claim.facts.places?.[place] ?? {};
  if (at === undefined || state === undefined || AGAIN.has(state)) return false;
  if (claim.rotatedAt !== null && at <= claim.rotatedAt) return false;
  return Date.parse(claim.now) - Date.parse(at) < intervalOf(claim) / 2;
}

const AGAIN: ReadonlySet<PlaceState> = new Set<PlaceState>(["drifted", "unreached", "left"]);

export function intervalOf({ spec }: CheckClaim): number {
  return durationMs(spec.drift?.interval ?? "1h");
}

type Unready = ReadonlyMap<string, { readonly cause: Cause }>;

function unreadySeen({ claim: { unready } }: LookPass): { seen: Seen[]; accounts: Unready } {
  const accounts = new Map<string, { cause: Cause }>();
  const seen = unready.map(({ account, reason, message }): Seen => {
    accounts.set(account, {
      cause: {
        reason: "DriftGivesWay",
        message: `Account ${account} does not work: ${reason}.`,
        retryAfterMs: UNREADY_MS,
      },
    });
    return {
      place: accountPlace(account),
      kind: "AccountNotReady",
      grade: "none",
      message: `What is reached through account ${account} cannot be looked at: ${reason}. ${message}`,
      digest: reason,
      details: { account, reason },
    };
  });
  return { seen, accounts };
}

async function lookOrNot(pass: LookPass, spot: Spot, unready: Unready, observing: Observing): Promise<PlaceLook> {
  const why = unready.get(spot.account);
  if (!why) return lookAtPlace(pass, spot, observing);
  const { place } = spot;
  const { grade } = spot.traits;
  return { place, grade, expected: { place, grade, prints: {} }, ...why };
}

async function inTurns<T, R>(all: readonly T[], work: (each: T) => Promise<R>): Promise<R[]> {
  const left = [...all];
  const done: R[] = [];
  const workers = Array.from({ length: Math.min(AT_ONCE, left.length) }, async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) done.push(await work(next));
  });
  await Promise.all(workers);
  return done;
}

/** Custody first, else who is named in `readFrom`, as a rotation reads it. */
function currentIn({ prints, claim, snapshot, traits }: LookPass, looks: readonly PlaceLook[]): Survey["current"] {
  const { custody, readFrom } = snapshot.credential.spec;
  const place = custody ? CUSTODY : readFrom;
  const look = looks.find((each) => each.place === place);
  if (look === undefined || place === undefined || !("value" in look) || look.value === undefined) return undefined;
  const { value } = look;
  const fields = keysOf(snapshot, place, traits.fields).map(({ field }) => field);
  const isLedgers = fields.every((field) => {
    const secret = value[field];
    return secret !== undefined && prints.of(field, secret) === claim.fingerprints[field];
  });
  return { value, isLedgers };
}
