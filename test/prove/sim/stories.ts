/** What people want, and what they do while a rotation waits for them. */
import type { RotationRequestSpec } from "../../../crds/kinds.gen.ts";
import type { State } from "../../../controller/domain/world.ts";
import type { ConsumerSetup, Fault, Setup } from "../api.ts";
import type { Agenda } from "./agenda.ts";
import { revocationOf } from "../vendor/shape.ts";
import { isStalled, liveRotation } from "./agenda.ts";
import { helpful, isAskedToEnd, once, openGate } from "./helpful.ts";
import type { Act } from "./people.ts";
import { DRIFTS } from "./drifts.ts";
import { MEETINGS } from "./meetings.ts";
import { REHEARSALS } from "./rehearsals.ts";

export interface Story {
  readonly about: string;
  /** What the story needs of the setup; undefined: it cannot be told there. */
  readonly fit?: (setup: Setup) => Setup | undefined;
  /** What goes wrong in every telling of it. */
  readonly faults?: (setup: Setup) => readonly Fault[];
  /** How the first rotation may end where nobody else asks for anything. */
  readonly ends: readonly State[];
  /** What is asked for first. Default: a rotation. */
  readonly begins?: Pick<Act, "verb" | "target">;
  /** It is to be aborted after the mint, which some vendors do not take back. */
  readonly afterMint?: boolean;
  /** What the first request asks for, the second, and so on; the last one also for all that come later. Default: in earnest. */
  readonly flows?: readonly RotationRequestSpec["flow"][];
  /** It is looked at between rotations too. */
  readonly watches?: boolean;
  /** What somebody does now that all others wait. Asked again until there is nothing. */
  readonly act: (agenda: Agenda, done: readonly string[]) => Act | undefined;
}

const AUTOMATIC = { mint: "Automatic", revoke: "Automatic" } as const;

const byHand = (setup: Setup): Setup | undefined =>
  revocationOf(setup) === "manual" && setup.authority !== "acceptors" ? { ...setup, gates: AUTOMATIC } : undefined;

const handedIn = (setup: Setup): Setup | undefined =>
  setup.mintClass === "manual" ? { ...setup, gates: AUTOMATIC } : undefined;

function withGates(mint: "Automatic" | "Approval", revoke: "Automatic" | "Approval"): NonNullable<Story["fit"]> {
  return (setup) => ({ ...setup, gates: { mint, revoke } });
}

/** The first consumer is one that a person confirms, so that the rotation waits there. */
function withPerson(setup: Setup): Setup {
  const [first, ...rest] = setup.consumers;
  const byPerson: ConsumerSetup[] = first ? [{ ...first, check: "manual" }, ...rest] : [];
  return { ...setup, consumers: byPerson, gates: AUTOMATIC };
}

const canQuarantine = (setup: Setup): Setup | undefined =>
  (setup.revocation ?? "quarantine") === "quarantine" && setup.authority !== "acceptors" && setup.strategy !== "Replace"
    ? { ...setup, gates: AUTOMATIC }
    : undefined;

/** One more consumer, which goes on letting in what has ended. */
function leakyFor(leaksMs: number): NonNullable<Story["fit"]> {
  return (setup) => {
    const [only, ...others] = setup.consumers;
    const isFit = setup.mintClass === "re-readable" || setup.mintClass === "unmarked";
    if (!only || others.length > 0 || !isFit) return undefined;
    const gate: ConsumerSetup = { id: "gate", sink: "write-only", role: "acceptor", check: "http", leaksMs };
    return { ...setup, consumers: [gate, only], gates: AUTOMATIC };
  };
}

/** What several consumers add is told by rotations. */
function alone(setup: Setup): Setup | undefined {
  return setup.consumers.length === 1 || setup.authority === "acceptors" ? setup : undefined;
}

const TEN_DAYS_MS = 10 * 24 * 3_600_000;

/** One vendor stands for all: what differs between them is told by `revoke`. */
function onlyMarkable(setup: Setup): Setup | undefined {
  return setup.mintClass === "markable" && setup.consumers.length === 1 ? setup : undefined;
}

/** Once, about the old credential in its quarantine. */
function onRetired(verb: "restore" | "destroy"): Story["act"] {
  return (agenda, done) => {
    if (liveRotation(agenda)) return helpful(agenda);
    const found = agenda.retired.some(({ state }) => state === "quarantined");
    return found && !done.includes(verb) ? { verb } : undefined;
  };
}

export const STORIES: Readonly<Record<string, Story>> = {
  rotate: {
    about: "every gate is automatic",
    fit: withGates("Automatic", "Automatic"),
    ends: ["done"],
    act: helpful,
  },
  approve: {
    about: "a person approves both gates",
    fit: withGates("Approval", "Approval"),
    ends: ["done"],
    act: helpful,
  },
  "deny-mint": {
    about: "a person denies the mint",
    fit: withGates("Approval", "Automatic"),
    ends: ["aborted"],
    act: once({ verb: "deny" }, (rotation) => openGate(rotation) === "Mint"),
  },
  "deny-revoke": {
    about: "a person denies the revoke: everybody keeps the new one",
    fit: withGates("Automatic", "Approval"),
    ends: ["aborted"],
    afterMint: true,
    act: once({ verb: "deny" }, (rotation) => openGate(rotation) === "Revoke"),
  },
  "abort-verified": {
    about: "a person aborts before the mint",
    fit: withGates("Approval", "Automatic"),
    ends: ["aborted"],
    act: once({ verb: "abort" }, (rotation) => openGate(rotation) === "Mint"),
  },
  "abort-distributing": {
    about: "a person aborts while one consumer waits to be confirmed",
    fit: withPerson,
    ends: ["aborted"],
    afterMint: true,
    act: once({ verb: "abort" }, ({ consumers }) =>
      consumers.some(({ id, state }) => id !== "" && state === "settled"),
    ),
  },
  "abort-validated": {
    about: "a person aborts when everybody works with the new one",
    fit: withGates("Automatic", "Approval"),
    ends: ["aborted"],
    afterMint: true,
    act: once({ verb: "abort" }, ({ state }) => state === "validated"),
  },
  retry: {
    about: "the first write is refused; a person has it tried again",
    fit: withGates("Automatic", "Automatic"),
    faults: () => [{ kind: "refuse", label: "sink.write", nth: 2, status: 403 }],
    ends: ["done"],
    act: once({ verb: "retry" }, isStalled),
  },
  "hand-marked": {
    about: "a person ends the old one at the vendor, and says so before Velvet sees it",
    fit: byHand,
    ends: ["done"],
    act: once({ verb: "mark" }, isAskedToEnd),
  },
  "hand-abort": {
    about: "a person aborts while one is asked to end the old one: everybody keeps the new one",
    fit: byHand,
    ends: ["aborted"],
    afterMint: true,
    act: once({ verb: "abort" }, isAskedToEnd),
  },
  "wrong-value": {
    about: "a person hands in a value that the vendor does not know, and then the right one",
    fit: handedIn,
    ends: ["done"],
    act: once(
      { verb: "misprovide" },
      ({ facts, state }) => facts.awaitsValueSince !== undefined && state === "minting",
    ),
  },
  restore: {
    about: "a person brings the old one back out of its quarantine",
    fit: canQuarantine,
    ends: ["done"],
    act: onRetired("restore"),
  },
  destroy: {
    about: "a person ends the quarantine of the old one",
    fit: canQuarantine,
    ends: ["done"],
    act: onRetired("destroy"),
  },
  revoke: {
    about: "the credential leaked: it is ended, and everybody is shown to lock it out",
    fit: withGates("Automatic", "Automatic"),
    begins: { verb: "revoke" },
    ends: ["rev_done"],
    act: helpful,
  },
  "revoke-all": {
    about: "after a rotation everything that there is of it is ended",
    fit: (setup) => onlyMarkable(setup) && canQuarantine(setup),
    ends: ["done"],
    act: afterwards({ verb: "revoke", target: "All" }),
  },
  "revoke-retired": {
    about: "after a rotation the old one leaked, which is still in its quarantine",
    fit: canQuarantine,
    ends: ["done"],
    act: afterwards({ verb: "revoke", target: "Retired" }),
  },
  "revoke-two": {
    about: "two people are needed to end it",
    fit: (setup) => onlyMarkable({ ...setup, twoPerson: true, gates: AUTOMATIC }),
    begins: { verb: "revoke" },
    ends: ["rev_done"],
    act: helpful,
  },
  "revoke-denied": {
    about: "the second person says no",
    fit: (setup) => onlyMarkable({ ...setup, twoPerson: true, gates: AUTOMATIC }),
    begins: { verb: "revoke" },
    ends: ["aborted"],
    act: once({ verb: "deny" }, (rotation) => openGate(rotation) === "Revoke"),
  },
  preempt: {
    about: "it leaks while one consumer waits to be confirmed",
    fit: (setup) => alone(setup) && withPerson(setup),
    ends: ["aborted"],
    act: once({ verb: "revoke" }, ({ consumers }) =>
      consumers.some(({ id, state }) => id !== "" && state === "settled"),
    ),
  },
  "preempt-validated": {
    about: "it leaks when everybody works with the new one, which stays",
    // Rolling ends the old one by itself, and waits for nobody.
    fit: (setup) =>
      setup.mintClass === "roll-in-place"
        ? undefined
        : alone({ ...setup, gates: { mint: "Automatic", revoke: "Approval" } }),
    ends: ["aborted"],
    act: once({ verb: "revoke" }, ({ state }) => state === "validated"),
  },
  leak: {
    about: "a consumer lets the old one in for a while longer",
    fit: leakyFor(12_000),
    begins: { verb: "revoke" },
    ends: ["rev_done"],
    act: helpful,
  },
  "leak-resolved": {
    about: "a consumer goes on letting the old one in, until a person has dealt with it",
    fit: leakyFor(TEN_DAYS_MS),
    begins: { verb: "revoke" },
    ends: ["rev_done"],
    act: once({ verb: "resolve" }, ({ state }) => state === "rev_leaked"),
  },
  ...REHEARSALS,
  ...DRIFTS,
  ...MEETINGS,
};

/** Once, when the rotation has ended. */
function afterwards(act: Act): Story["act"] {
  return (agenda, done) => {
    const isOver = agenda.rotations.some(({ ended }) => ended);
    if (!isOver || liveRotation(agenda) || agenda.requestAt !== null) return helpful(agenda);
    return done.includes(act.verb) ? undefined : act;
  };
}
