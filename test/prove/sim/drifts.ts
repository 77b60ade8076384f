/** Stories of what happens between rotations: somebody else writes, and Velvet says so or puts it right. */
import type { Setup } from "../api.ts";
import { sinkTraitsOf } from "../vendor/shape.ts";
import type { Agenda } from "./agenda.ts";
import { liveRotation } from "./agenda.ts";
import { helpful } from "./helpful.ts";
import type { Act } from "./people.ts";
import type { Story } from "./stories.ts";

const AUTOMATIC = { mint: "Automatic", revoke: "Automatic" } as const;

/** Vendors where somebody else can make one beside ours, and a first consumer that can be read. */
const WRITTEN: ReadonlySet<string> = new Set(["re-readable", "markable", "native-grace", "client-supplied"]);

function watched(drift: NonNullable<Setup["drift"]>): (setup: Setup) => Setup | undefined {
  return (setup) => {
    const [first] = setup.consumers;
    if (!first || sinkTraitsOf(first.sink).grade !== "value") return undefined;
    if (!WRITTEN.has(setup.mintClass) || setup.authority === "acceptors" || setup.graceKeeps === "last")
      return undefined;
    return { ...setup, gates: AUTOMATIC, drift };
  };
}

/** What differs between places is told with several, what differs between vendors with one. */
function alone(fit: NonNullable<Story["fit"]>, classes: readonly string[] = [...WRITTEN]): NonNullable<Story["fit"]> {
  return (setup) => (setup.consumers.length === 1 && classes.includes(setup.mintClass) ? fit(setup) : undefined);
}

/** The consumer itself has the last word on a correction. */
function askedAtDoor(fit: NonNullable<Story["fit"]>): NonNullable<Story["fit"]> {
  return (setup) => {
    const [first, ...others] = setup.consumers;
    return first && fit({ ...setup, consumers: [{ ...first, check: "http" }, ...others] });
  };
}

/** These one after the other, each once everybody has looked at what was there before it. */
export function inTurn(...acts: readonly Act["verb"][]): Story["act"] {
  return (agenda, done) => {
    if (isBusy(agenda)) return helpful(agenda);
    const next = acts[done.filter((verb) => acts.includes(verb as Act["verb"])).length];
    return next === undefined || !isReady(next, agenda) ? undefined : { verb: next };
  };
}

/** A rotation is wanted or runs, or nobody has looked since the last one. */
export function isBusy(agenda: Agenda): boolean {
  if (liveRotation(agenda) || agenda.requestAt !== null || agenda.rotations.length === 0) return true;
  return agenda.drift !== null && agenda.drift.checkedAt === null;
}

/** Who decides about a finding waits until it is certain; whoever writes waits until what was written before is dealt with. */
function isReady(verb: Act["verb"], { drift }: Agenda): boolean {
  const findings = drift?.findings ?? [];
  if (verb === "correct" || verb === "accept")
    return findings.some(({ place, state }) => state === "open" && place !== "@vendor");
  return verb === "request" || findings.every(({ place, kind }) => place === "@vendor" || kind === "DoubleWriter");
}

export const DRIFTS: Readonly<Record<string, Story>> = {
  watched: {
    about: "nobody else writes: whatever becomes of a rotation, its own writes are no drift",
    fit: (setup) => (setup.mintClass === "markable" ? watched("Correct")(setup) : undefined),
    watches: true,
    ends: ["done"],
    act: helpful,
  },
  "drift-corrected": {
    about: "somebody overwrites a consumer, and Velvet puts it right",
    fit: (setup) => (setup.mintClass === "re-readable" ? watched("Correct")(setup) : alone(watched("Correct"))(setup)),
    watches: true,
    ends: ["done"],
    act: inTurn("overwrite"),
  },
  "drift-warned": {
    about: "the old value comes back to a consumer; Velvet says so, and a person has it put right",
    fit: alone(askedAtDoor(watched("Warn")), ["re-readable", "markable"]),
    watches: true,
    ends: ["done"],
    act: inTurn("revert", "correct"),
  },
  "drift-accepted": {
    about: "somebody overwrites a consumer, and a person says that it may stay so",
    fit: alone(watched("Warn"), ["markable"]),
    watches: true,
    ends: ["done"],
    act: inTurn("overwrite", "accept"),
  },
  "drift-custody": {
    about: "somebody overwrites custody, and then a consumer: nothing of what custody holds is given out",
    fit: alone(watched("Correct"), ["re-readable", "client-supplied"]),
    watches: true,
    ends: ["done"],
    act: unhurried("overwrite-custody", "overwrite"),
  },
  "drift-dead": {
    about:
      "the credential in use was ended at the vendor, and a consumer overwritten with one that works: it is left alone",
    fit: alone(watched("Correct"), ["re-readable", "markable"]),
    watches: true,
    ends: ["done"],
    act: unhurried("overwrite", "end-current"),
  },
  "drift-fight": {
    about: "somebody overwrites a consumer each time that it was put right, until it is a person's",
    fit: alone(watched("Correct"), ["markable"]),
    watches: true,
    ends: ["done"],
    act: (agenda, done) => {
      if (isBusy(agenda)) return helpful(agenda);
      const times = done.filter((verb) => verb === "overwrite").length;
      // Each time is another one; a place that still holds what was written there is left alone.
      return times < 4 ? { verb: "overwrite", because: `look ${agenda.drift?.checkedAt ?? "over"}` } : undefined;
    },
  },
};

/** All of it before anybody looks. */
function unhurried(...acts: readonly Act["verb"][]): Story["act"] {
  return (agenda, done) => {
    if (isBusy(agenda)) return helpful(agenda);
    const next = acts.find((verb) => !done.includes(verb));
    return next === undefined ? undefined : { verb: next };
  };
}
