/** Stories of the flow Testing. */
import type { MintClass } from "../../../adapters/contract.ts";
import type { ConsumerSetup, Setup } from "../api.ts";
import { liveRotation } from "./agenda.ts";
import { helpful, once, openGate } from "./helpful.ts";
import type { Story } from "./stories.ts";

const REHEARSABLE: ReadonlySet<MintClass> = new Set<MintClass>([
  "client-supplied",
  "re-readable",
  "markable",
  "unmarked",
]);

function withSlots(mint: "Automatic" | "Approval"): NonNullable<Story["fit"]> {
  return (setup) => {
    if (!REHEARSABLE.has(setup.mintClass) || setup.revocation === "manual") return undefined;
    const consumers = setup.consumers.map((consumer, index) => ({ ...consumer, testSlot: slotOf(setup, index) }));
    return { ...setup, consumers, gates: { mint, revoke: "Approval" } };
  };
}

/** An endpoint proves a throwaway only where the vendor itself accepts it, and is asked only where nothing can be read. */
function slotOf({ authority, consumers }: Setup, index: number): NonNullable<ConsumerSetup["testSlot"]> {
  if (index === 1) return "key";
  return index === 2 && consumers[index]?.check === "http" && authority !== "acceptors" ? "endpoint" : "place";
}

/** With several consumers: those with every sort of sink, and the one whose vendor lists late; more would say the same again. */
function told(fit: NonNullable<Story["fit"]>): NonNullable<Story["fit"]> {
  return (setup) => {
    const isOne = setup.consumers.length === 1;
    const isTold = setup.mintClass === "markable" || setup.mintClass === "re-readable";
    return isOne || isTold ? fit(setup) : undefined;
  };
}

/** What happens to the throwaway is told with every consumer there is; what happens around it with one of them. */
function alone(fit: NonNullable<Story["fit"]>): NonNullable<Story["fit"]> {
  return (setup) => (setup.consumers.length === 1 ? fit(setup) : undefined);
}

export const REHEARSALS: Readonly<Record<string, Story>> = {
  rehearse: {
    about: "a rotation is rehearsed with a throwaway, in test slots",
    fit: told(withSlots("Automatic")),
    flows: ["Testing"],
    ends: ["done"],
    act: helpful,
  },
  "rehearse-deny": {
    about: "a rehearsal whose mint a person denies",
    fit: alone(withSlots("Approval")),
    flows: ["Testing"],
    ends: ["aborted"],
    act: once({ verb: "deny" }, (rotation) => openGate(rotation) === "Mint"),
  },
  "rehearse-retry": {
    about: "the first write of a test slot is refused; a person has it tried again",
    fit: alone(withSlots("Automatic")),
    faults: () => [{ kind: "refuse", label: "sink.write", nth: 2, status: 403 }],
    flows: ["Testing"],
    ends: ["done"],
    act: once({ verb: "retry" }, ({ facts, consumers }) =>
      [facts, ...consumers.map((row) => row.facts)].some(({ failure }) => failure?.stalled === true),
    ),
  },
  "rehearse-then-rotate": {
    about: "a rotation is rehearsed, and then done in earnest",
    fit: alone((setup) => {
      // Where the throwaway takes a place that the next one needs, and where nobody but the acceptors knows either.
      if (setup.mintClass !== "unmarked" && setup.authority !== "acceptors") return undefined;
      const fitted = withSlots("Automatic")(setup);
      return fitted && { ...fitted, gates: { mint: "Automatic", revoke: "Automatic" } };
    }),
    flows: ["Testing", "Operational"],
    ends: ["done"],
    act: (agenda, done) => {
      const isOver = agenda.rotations.length > 0 && liveRotation(agenda) === undefined;
      return isOver && !done.includes("request") ? { verb: "request" } : helpful(agenda);
    },
  },
};
