/** Puts one place right again: writes the value that the ledger knows and the vendor accepts, and makes sure that it is there. */
import type { Sink, Written } from "../../adapters/contract.ts";
import type { SecretFields } from "../../adapters/secret.ts";
import type { Cause } from "../domain/backoff.ts";
import type { Finding } from "../domain/drift/kinds.ts";
import { meaningOf } from "../domain/drift/place.ts";
import { call, landingMs, type Outcome } from "../engine/effect.ts";
import { entriesFor, keysOf } from "../engine/value.ts";
import { beginCorrection, endCorrection, type NewCorrection } from "../ledger/corrections.ts";
import { lookAtPlace, type PlaceLook } from "./look-at-place.ts";
import type { LookPass } from "./pass.ts";
import { ask, opened } from "./pass.ts";
import { spotOf } from "./spot.ts";

export interface Order {
  readonly finding: Finding;
  readonly look: PlaceLook;
  readonly value: SecretFields;
}

/** `look`: the place as it is afterwards. */
export type Corrected = { readonly look: PlaceLook } | { readonly why: string };

export async function correct(pass: LookPass, order: Order): Promise<Corrected> {
  const { place } = order.finding;
  const sink = opened(() => pass.deps.accounts.sink(pass.snapshot, place));
  if ("cause" in sink) return failed(sink.cause);
  const keys = keysOf(pass.snapshot, place, pass.traits.fields);
  const waiting = await unsettled(pass, sink.value, order.finding);
  if (waiting !== undefined) return { why: waiting };
  const { entries, missing } = entriesFor(keys, order.value);
  if (missing.length > 0) return { why: `custody shows no ${missing.join(", ")}` };
  const { deps, claim } = pass;
  const begunAt = deps.clock.monotonicMs();
  const { wantedBy } = order.finding;
  const correction: NewCorrection = {
    id: deps.uuid(),
    place,
    digest: order.finding.digest,
    landsMs: landingMs(deps.leaseMs),
    ...(wantedBy === undefined ? {} : { wantedBy }),
  };
  if (!(await beginCorrection(deps.db, claim, correction))) return { why: "a rotation has begun meanwhile" };
  const outcome = await call(
    deps,
    "drift.write",
    pass.signal,
    async (signal) => sink.value.write({ keys: entries, ...ifVersion(sink.value, order.look) }, signal),
    begunAt,
  );
  await record(pass, correction, outcome);
  return outcome.kind === "done" ? proven(pass, sink.value, order, outcome.value) : failed(outcome.cause);
}

/** A correction that is not in effect yet (a release, an approval) is not made again: the place still looks as it did before it. */
async function unsettled(pass: LookPass, sink: Sink, { place, digest }: Finding): Promise<string | undefined> {
  const last = pass.claim.corrections.findLast((each) => each.place === place);
  if (last?.outcome !== "done" || last.digest !== digest) return undefined;
  const written = { changed: true, ...(last.version === undefined ? {} : { version: last.version }) };
  const settled = await ask(pass, "drift.settle", async (signal) => sink.settle(written, signal));
  if (settled.kind !== "done") return `${settled.cause.reason}: ${settled.cause.message}`;
  return settled.value.state === "pending" ? NOT_IN_EFFECT + settled.value.message : undefined;
}

const NOT_IN_EFFECT = "it was written, and is not in effect: ";

/** What was judged is what is overwritten, where the sink can see to that. */
function ifVersion({ traits }: Sink, look: PlaceLook): { ifVersion?: string } {
  const version = "sight" in look ? look.sight.version : undefined;
  return traits.conditional && version !== undefined ? { ifVersion: version } : {};
}

async function record({ deps, claim }: LookPass, correction: NewCorrection, outcome: Outcome<Written>): Promise<void> {
  if (outcome.kind !== "done") {
    await endCorrection(deps.db, claim, correction, { outcome: outcome.kind, reason: outcome.cause.reason });
    return;
  }
  const { version } = outcome.value;
  await endCorrection(deps.db, claim, correction, { outcome: "done", ...(version === undefined ? {} : { version }) });
}

function failed({ reason, message }: Pick<Cause, "reason" | "message">): Corrected {
  return { why: `${reason}: ${message}` };
}

/** A write that returned is neither in effect nor seen to be there. */
async function proven(pass: LookPass, sink: Sink, { finding, value }: Order, written: Written): Promise<Corrected> {
  const settled = await ask(pass, "drift.settle", async (signal) => sink.settle(written, signal));
  if (settled.kind !== "done") return failed(settled.cause);
  if (settled.value.state !== "settled") return { why: NOT_IN_EFFECT + settled.value.message };
  const refused = await checked(pass, finding.place, value);
  if (refused !== undefined) return { why: refused };
  const after = withWrite(pass, finding.place, written);
  const look = await lookAtPlace(after, spotOf(after, finding.place));
  if ("cause" in look) return failed(look.cause);
  const meaning = meaningOf(look.expected, look.sight);
  const differs = meaning.seen.map(({ message }) => message).join(" ");
  return meaning.state === "drifted" ? { why: `it was written, and differs all the same: ${differs}` } : { look };
}

/** Where the consumer has a check of its own, it has the last word. */
async function checked(pass: LookPass, place: string, value: SecretFields): Promise<string | undefined> {
  const { check } = pass.snapshot.credential.spec.consumers.find(({ id }) => id === place) ?? {};
  if (check?.type !== "http" || check.account === undefined || check.endpoint === undefined) return undefined;
  const { account, endpoint } = check;
  const made = opened(() => pass.deps.accounts.check(pass.snapshot, account, endpoint));
  if ("cause" in made) return `${made.cause.reason}: ${made.cause.message}`;
  const outcome = await ask(pass, "drift.check", async (signal) => made.value.run(value, signal));
  if (outcome.kind !== "done") return `${outcome.cause.reason}: ${outcome.cause.message}`;
  return outcome.value.outcome === "pass" ? undefined : `it was written, and its check says: ${outcome.value.message}`;
}

/** Our own write is known from here on. */
function withWrite(pass: LookPass, place: string, { version }: Written): LookPass {
  const { claim } = pass;
  const own = claim.held.find((row) => row.place === place);
  if (!own) return pass;
  const { version: _, ...rest } = own;
  const held = { ...rest, until: pass.deps.clock.now().toISOString(), ...(version === undefined ? {} : { version }) };
  return { ...pass, claim: { ...claim, held: [...claim.held.filter((row) => row !== own), held] } };
}
