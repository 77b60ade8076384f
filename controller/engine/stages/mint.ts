/** Intent → mint → seal. See the mint protocol in docs/explanation. */
import type { IssuedKey, Issuer, Minted } from "../../../adapters/contract.ts";
import { isAdapterError } from "../../../adapters/errors.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import { carries } from "../../domain/attribution.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure } from "../../domain/backoff.ts";
import { later } from "../../domain/duration.ts";
import { graceMs, mintWouldEnd } from "../../domain/grace.ts";
import { mintRefusal } from "../../domain/mint-budget.ts";
import { MOST_MINT_TRIES } from "../../domain/plan-mint.ts";
import type { State, World } from "../../domain/world.ts";
import type { AttemptPatch, Change } from "../../ledger/record.ts";
import type { Pass, Performed } from "../effect.ts";
import { effect, landingMs } from "../effect.ts";
import type { Live } from "../journal.ts";
import { previousValue, sealedNew } from "../value.ts";
import { recordDelay } from "./delay.ts";
import { recordMinted } from "./minted.ts";

/** One new attempt. Where we choose the value it is sealed in the ledger before the vendor hears of it. */
export async function mint(pass: Pass, world: World, number: number): Promise<void> {
  const { deps } = pass;
  const refused = mintRefusal(world);
  if (refused) return recordDelay(pass, refused);
  const issuer = deps.accounts.issuer(world.rotation.snapshot);
  const { outcome } = await effect(pass, { label: "issuer.list" }, async (signal) => issuer.list(signal));
  if (outcome.kind !== "done") return recordDelay(pass, outcome.cause);
  const ends = mintWouldEnd(world, outcome.value);
  if (ends) return recordDelay(pass, ends);
  const proposed = proposeValue(pass, world, issuer, outcome.value);
  if (proposed && "cause" in proposed) return recordDelay(pass, proposed.cause);
  const id = deps.uuid();
  const open: AttemptPatch = {
    id,
    number,
    marker: `velvet/${deps.install}/${world.rotation.credential}/${id}`,
    mintClass: issuer.traits.mintClass,
    state: "open",
    deadline: later(pass.journal.now(), landingMs(deps.leaseMs)),
    inventory: outcome.value.map((key) => ({
      id: key.id,
      enabled: key.enabled,
      ...(key.marker === undefined ? {} : { marker: key.marker }),
    })),
    ...(proposed ? { sealed: sealedNew(deps, world, id, proposed.value) } : {}),
    ...(issuer.traits.mintClass === "native-grace" ? { graceUntil: later(pass.journal.now(), graceMs(world)) } : {}),
    fingerprints: {},
  };
  await mintOnce(
    pass,
    world,
    { issuer, open, isReplay: false, ...(proposed ? { proposed: proposed.value } : {}) },
    (live) => ({
      audit: { event: "MintIntended", attempt: id, number, marker: open.marker },
      state: stateUnlessAborting(live, "minting"),
      attempts: [open],
      ifWakes: world.wakes,
    }),
  );
}

/** An abort in progress keeps its state. */
export function stateUnlessAborting(live: Live, state: State): State {
  return live.facts.abort ? "aborting" : state;
}

export interface MintCall {
  readonly issuer: Issuer;
  readonly open: AttemptPatch;
  readonly proposed?: SecretFields;
  /** An earlier call of the same attempt may have taken effect. */
  readonly isReplay: boolean;
}

/** The one call. Never retried: what comes back decides, and what does not come back is found out by the issuer's mint class. */
export async function mintOnce(
  pass: Pass,
  world: World,
  { issuer, open, proposed, isReplay }: MintCall,
  intent: (live: Live) => Change,
): Promise<void> {
  const currentId = world.rotation.facts.verify?.previousId;
  const order = {
    marker: open.marker,
    inventory: open.inventory,
    ...(proposed ? { proposed } : {}),
    ...(currentId === undefined ? {} : { currentId }),
    ...(open.graceUntil === undefined ? {} : { graceUntil: open.graceUntil }),
  };
  const performed = await effect(pass, { label: "issuer.mint", attempt: open.id, intent }, async (signal) =>
    issuer.mint(order, signal),
  );
  if (performed.outcome.kind === "done") return recordMinted(pass, world, { open, performed }, performed.outcome.value);
  const { kind, cause } = performed.outcome;
  if (kind === "unknown") return recordUnknown(pass, performed, cause);
  if (isReplay && proposed) return refusedReplay(pass, world, { issuer, open, proposed, performed }, cause);
  await recordBurned(pass, open, performed, cause);
}

interface RefusedReplay {
  readonly issuer: Issuer;
  readonly open: AttemptPatch;
  readonly proposed: SecretFields;
  readonly performed: Performed<Minted>;
}

/** A refusal of a replay says nothing of the first call: it may have taken effect, or still may. Only then the vendor's list tells. */
async function refusedReplay(
  pass: Pass,
  world: World,
  { issuer, open, proposed, performed }: RefusedReplay,
  cause: Cause,
): Promise<void> {
  if (!cause.terminal || open.deadline > pass.journal.now()) return recordUnknown(pass, performed, cause);
  const made = await madeBefore(pass, issuer, open);
  if (made === "unknown") return recordUnknown(pass, performed, cause);
  if (made) return recordMinted(pass, world, { open, performed }, { id: made.id, value: proposed });
  await recordBurned(pass, open, performed, cause);
}

/** What the first call of this attempt made, where the vendor shows our marker. */
async function madeBefore(pass: Pass, issuer: Issuer, open: AttemptPatch): Promise<IssuedKey | "unknown" | undefined> {
  const { outcome } = await effect(pass, { label: "issuer.list" }, async (signal) => issuer.list(signal));
  if (outcome.kind !== "done") return "unknown";
  return outcome.value.find((key) => carries(key, { attempt: open.id, marker: open.marker }));
}

/** Undefined where the vendor chooses the value. */
function proposeValue(
  pass: Pass,
  world: World,
  issuer: Issuer,
  inventory: readonly IssuedKey[],
): { value: SecretFields } | { cause: Cause } | undefined {
  if (issuer.traits.mintClass !== "client-supplied") return undefined;
  if (!issuer.propose) throw new Error("a client-supplied issuer proposes its values");
  const currentId = world.rotation.facts.verify?.previousId;
  const current = previousValue(pass.deps, world);
  try {
    const value = issuer.propose({
      inventory,
      random: pass.deps.random,
      ...(currentId === undefined ? {} : { currentId }),
      ...(current ? { current } : {}),
    });
    return { value };
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return { cause: { reason: error.reason, message: error.message, remedy: error.remedy, terminal: true } };
  }
}

async function recordUnknown(pass: Pass, { effect: effects }: Performed<Minted>, cause: Cause): Promise<void> {
  await pass.journal.write((live, now) => ({
    audit: { event: "MintUnknown", reason: cause.reason },
    facts: { ...live.facts, failure: nextFailure(live.facts.failure, cause, now, pass.deps.jitter()) },
    effects,
  }));
}

/** Certainly not minted. The attempt is spent; the old credential is as valid as before. */
async function recordBurned(
  pass: Pass,
  open: AttemptPatch,
  { effect: effects }: Performed<Minted>,
  cause: Cause,
): Promise<void> {
  const { sealed: _, ...burned } = open;
  const over = cause.terminal === true || open.number >= MOST_MINT_TRIES;
  await pass.journal.write((live, now) => {
    const failure = nextFailure(live.facts.failure, cause, now, pass.deps.jitter());
    // Where the old one has ended already there is nothing to end with: it goes on being tried.
    const ends = over && !live.facts.abort && !live.facts.revoked;
    return {
      audit: { event: ends ? "MintFailed" : "MintRefused", attempt: open.id, reason: cause.reason },
      ...(ends ? { state: "mint_failed" as const, ended: true } : {}),
      facts: { ...live.facts, failure },
      attempts: [{ ...burned, state: "burned" }],
      effects,
    };
  });
}
