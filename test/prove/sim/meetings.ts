/** Stories in which the parts of Velvet meet: each of them has told of itself alone elsewhere. */
import type { Setup } from "../api.ts";
import type { Agenda, RotationEntry } from "./agenda.ts";
import { liveRotation } from "./agenda.ts";
import { DRIFTS, isBusy } from "./drifts.ts";
import { helpful } from "./helpful.ts";
import type { Act } from "./people.ts";
import { REHEARSALS } from "./rehearsals.ts";
import type { Story } from "./stories.ts";

const AUTOMATIC = { mint: "Automatic", revoke: "Automatic" } as const;

/** One vendor of each sort is enough: what differs between them is told by the parts alone. */
function only(classes: readonly string[], story: Story | undefined): NonNullable<Story["fit"]> {
  return (setup) =>
    setup.consumers.length === 1 && classes.includes(setup.mintClass) ? story?.fit?.(setup) : undefined;
}

function handedIn(setup: Setup): Setup | undefined {
  const isAsked = setup.mintClass === "manual" && setup.detects === undefined && setup.consumers.length === 1;
  return isAsked ? { ...setup, gates: AUTOMATIC } : undefined;
}

/** Once, when the rotation that is live has come so far. */
function when(verb: Act["verb"], isSo: (rotation: RotationEntry) => boolean, besides = helpful): Story["act"] {
  return (agenda, done) => {
    const rotation = liveRotation(agenda);
    if (!done.includes(verb) && rotation && isSo(rotation)) return { verb };
    return besides(agenda);
  };
}

function isAskedForValue({ facts, state }: RotationEntry): boolean {
  return facts.awaitsValueSince !== undefined && state === "minting";
}

/** Whoever was asked for a value seals it, and hands it in although a Revocation has come between. */
function provideLate(agenda: Agenda, done: readonly string[]): Act | undefined {
  const rotation = liveRotation(agenda);
  if (rotation && isAskedForValue(rotation) && !done.includes("make-late")) return { verb: "make-late" };
  if (done.includes("make-late") && !done.includes("revoke")) return { verb: "revoke" };
  if (done.includes("revoke") && !done.includes("provide-late") && !agenda.requestAt) return { verb: "provide-late" };
  return helpful(agenda);
}

/** When somebody else has written a consumer, and before anybody has looked. */
function afterOverwrite(verb: Act["verb"]): Story["act"] {
  return (agenda, done) => {
    if (isBusy(agenda)) return helpful(agenda);
    return (["overwrite", verb] as const).map((each): Act => ({ verb: each })).find((act) => !done.includes(act.verb));
  };
}

const [WARNED, CORRECTED] = [DRIFTS["drift-warned"], DRIFTS["drift-corrected"]];
const REHEARSED = REHEARSALS["rehearse"];
/** Its throwaway is alive, and waits for a person. */
const STUCK = REHEARSALS["rehearse-retry"];

/** A rehearsal where somebody else writes, too. */
function rehearsedAndWatched(setup: Setup): Setup | undefined {
  const [fitted, drifting] = [REHEARSED?.fit?.(setup), CORRECTED?.fit?.(setup)];
  return fitted && drifting && { ...fitted, gates: AUTOMATIC, drift: "Correct" };
}

export const MEETINGS: Readonly<Record<string, Story>> = {
  "leak-in-rehearsal": {
    about: "the credential leaks while its rotation is rehearsed: the rehearsal gives way and leaves nothing behind",
    fit: only(["markable", "re-readable", "unmarked"], STUCK),
    ...(STUCK?.faults ? { faults: STUCK.faults } : {}),
    flows: ["Testing"],
    // Whoever takes over from one that died there may never see the refusal.
    ends: ["aborted", "done"],
    act: when("revoke", ({ consumers }) => consumers.some(({ facts }) => facts.failure?.stalled === true)),
  },
  "leak-while-asked": {
    about: "it leaks while a person is asked for the new value",
    fit: handedIn,
    ends: ["aborted"],
    act: when("revoke", isAskedForValue),
  },
  "value-after-leak": {
    about: "the value that a person was asked for is handed in after a Revocation came between",
    fit: handedIn,
    ends: ["aborted"],
    act: provideLate,
  },
  "rotate-over-drift": {
    about: "a rotation is asked for when somebody else has written a consumer",
    fit: only(["markable", "re-readable"], CORRECTED),
    watches: true,
    ends: ["done"],
    act: afterOverwrite("request"),
  },
  "leak-over-drift": {
    about: "it leaks when somebody else has written a consumer",
    fit: only(["re-readable"], WARNED),
    watches: true,
    ends: ["done"],
    act: afterOverwrite("revoke"),
  },
  "rehearse-over-drift": {
    about: "a rotation is rehearsed when somebody else has written a consumer",
    fit: (setup) =>
      setup.consumers.length === 1 && setup.mintClass === "markable" ? rehearsedAndWatched(setup) : undefined,
    flows: ["Operational", "Testing"],
    watches: true,
    ends: ["done"],
    act: afterOverwrite("request"),
  },
};
