/** The outcome of a mint is not known: what follows from what the vendor has now, by mint class. Pure. */
import type { IssuedKey, KeyId, MintClass } from "../../adapters/contract.ts";
import type { Attribution } from "./attribution.ts";
import { attribute, soughtOf } from "./attribution.ts";
import type { Cause } from "./backoff.ts";
import type { AttemptRow, Instant, World } from "./world.ts";

export type Resolution =
  /** The same value under the same marker again has the same outcome. */
  | { readonly do: "replay" }
  /** A request that lands later would end what is minted now: not before nothing can be on its way any more. */
  | { readonly do: "wait"; readonly until: Instant }
  /** The vendor shows its value again. `extra` are copies of it that nobody needs. */
  | { readonly do: "adopt"; readonly id: KeyId; readonly extra: readonly KeyId[] }
  /** Its value is lost: end what is there of it, watch for more, mint again. */
  | { readonly do: "give-up"; readonly revoke: readonly KeyId[] }
  /** Only a person can tell. */
  | { readonly do: "stall"; readonly cause: Cause };

/** Whether the vendor has to be asked what it has before an outcome can be resolved. */
export function needsInventory(world: Pick<World, "issuer">): boolean {
  return world.issuer.mintClass !== "client-supplied";
}

interface Question {
  readonly world: World;
  readonly attempt: AttemptRow;
  readonly keys: readonly IssuedKey[];
  readonly now: Instant;
  readonly found: Attribution;
}

export function resolution(world: World, attempt: AttemptRow, keys: readonly IssuedKey[], now: Instant): Resolution {
  if (world.rotation.facts.settled?.attempt === attempt.id) return NOTHING_LEFT;
  const { mintClass } = world.issuer;
  const exclusive = world.rotation.snapshot.credential.spec.exclusive === true;
  const found = attribute(soughtOf(attempt), keys, knownIds(world), { mintClass, exclusive });
  return BY_CLASS[mintClass]({ world, attempt, keys, now, found });
}

const NOTHING_LEFT: Resolution = { do: "give-up", revoke: [] };

const BY_CLASS: Readonly<Record<MintClass, (question: Question) => Resolution>> = {
  "client-supplied": () => ({ do: "replay" }),
  "re-readable": ({ found: { ours } }) => {
    const [id, ...extra] = ours;
    return id === undefined ? NOTHING_LEFT : { do: "adopt", id, extra };
  },
  markable: ({ found }) => ({ do: "give-up", revoke: found.ours }),
  unmarked: ({ found, keys, attempt }) =>
    found.doubtful.length > 0
      ? {
          do: "stall",
          cause: notOurs(
            attempt,
            keys.filter(({ id }) => found.doubtful.includes(id)),
          ),
        }
      : { do: "give-up", revoke: found.ours },
  "vendor-distributed": ({ keys, attempt, now }) => afterLanding(attempt, now) ?? newest(keys, attempt),
  "native-grace": ({ world, keys, attempt, now }) => afterLanding(attempt, now) ?? graceful(world, attempt, keys),
  "roll-in-place": ({ attempt, now }) => afterLanding(attempt, now) ?? NOTHING_LEFT,
  // A person's value is sealed as it comes in: its attempt is never open.
  manual: () => NOTHING_LEFT,
};

/** Every id that this rotation knows an owner of. Only it can mint this credential now. */
function knownIds(world: World): Set<KeyId> {
  const ids = [
    world.credential.currentId,
    world.rotation.facts.verify?.previousId,
    ...world.attempts.map((attempt) => attempt.vendorId),
    ...world.retired.map((row) => row.vendorId),
  ];
  return new Set(ids.filter((id) => id !== undefined));
}

function afterLanding({ deadline }: AttemptRow, now: Instant): Resolution | undefined {
  return deadline > now ? { do: "wait", until: deadline } : undefined;
}

/** The newest generation that was not there before: the vendor shows its value, and writes it to its consumers by itself. */
function newest(keys: readonly IssuedKey[], attempt: AttemptRow): Resolution {
  const [id] = appeared(keys, attempt)
    .toSorted((a, b) => ((b.createdAt ?? "") < (a.createdAt ?? "") ? -1 : 1))
    .map((key) => key.id);
  return id === undefined ? NOTHING_LEFT : { do: "adopt", id, extra: [] };
}

/** Where only one old value is kept, one more mint would end the one that the consumers hold. */
function graceful(world: World, attempt: AttemptRow, keys: readonly IssuedKey[]): Resolution {
  const happened = appeared(keys, attempt).length > 0;
  const accepted = world.rotation.snapshot.credential.spec.rotation?.acceptsDowntime === true;
  const used = world.rotation.facts.verify?.previousId;
  // One that was ended already has nothing to lose, and whoever holds it needs a new one now.
  const isGone = used !== undefined && !keys.some((key) => key.id === used);
  if (!happened || isGone || world.issuer.graceKeeps === "all" || accepted) return NOTHING_LEFT;
  const cause: Cause = {
    reason: "GraceWouldEnd",
    message:
      "The vendor made a new value whose answer was lost, and keeps only one older value: another mint would end the one in use.",
    remedy:
      "Mark it as settled with MarkRevoked and a ticket, which mints again at once and interrupts the consumers until they are written; or abort.",
    terminal: true,
  };
  return { do: "stall", cause };
}

function appeared(keys: readonly IssuedKey[], attempt: AttemptRow): IssuedKey[] {
  return keys.filter((key) => !attempt.inventory.some((before) => before.id === key.id));
}

function notOurs({ createdAt }: AttemptRow, keys: readonly IssuedKey[]): Cause {
  return {
    reason: "OutcomeUnknown",
    message: `The answer to a mint that was sent at ${createdAt} was lost, and the vendor has what was not there before: ${keys.map(lookedFor).join(", ")}. It may be ours or somebody else's.`,
    remedy:
      "Look at the vendor who made it. End it there if it is nobody's, then MarkRevoked with a ticket, or abort; exclusive: true lets Velvet do it.",
    terminal: true,
  };
}

/** What a person looks for at the vendor, and tells by. */
function lookedFor({ id, createdAt, lastUsedAt }: IssuedKey): string {
  const made = createdAt === undefined ? [] : [`made at ${createdAt}`];
  return `${id} (${[...made, lastUsedAt === undefined ? "no use is known" : `last used ${lastUsedAt}`].join(", ")})`;
}
