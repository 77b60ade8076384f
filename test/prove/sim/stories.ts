/** What people want, and what they do while a rotation waits for them. */
import type { RotationRequestSpec } from "../../../crds/kinds.gen.ts";
import type { State } from "../../../controller/domain/world.ts";
import type { ConsumerSetup, Fault, Setup } from "../api.ts";
import type { Agenda } from "./agenda.ts";
import { isStalled, liveRotation } from "./agenda.ts";
import { helpful, once, openGate } from "./helpful.ts";
import type { Act } from "./people.ts";
import { REHEARSALS } from "./rehearsals.ts";

export interface Story {
  readonly about: string;
  /** What the story needs of the setup; undefined: it cannot be told there. */
  readonly fit?: (setup: Setup) => Setup | undefined;
  /** What goes wrong in every telling of it. */
  readonly faults?: (setup: Setup) => readonly Fault[];
  /** How the first rotation may end where nobody else asks for anything. */
  readonly ends: readonly State[];
  /** It is to be aborted after the mint, which some vendors do not take back. */
  readonly afterMint?: boolean;
  /** What the first request asks for, the second, and so on; the last one also for all that come later. Default: in earnest. */
  readonly flows?: readonly RotationRequestSpec["flow"][];
  /** What somebody does now that all others wait. Asked again until there is nothing. */
  readonly act: (agenda: Agenda, done: readonly string[]) => Act | undefined;
}

const AUTOMATIC = { mint: "Automatic", revoke: "Automatic" } as const;

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
  ...REHEARSALS,
};
