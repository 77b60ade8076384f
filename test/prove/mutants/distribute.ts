/** Mistakes in how consumers are given the new credential, and in what counts as proof. */
import type { Mutant } from "./mutant.ts";

const CONSUMERS = "controller/domain/consumers.ts";
const DISTRIBUTE = "controller/engine/stages/distribute.ts";
const CHECK = "controller/engine/stages/check.ts";

export const DISTRIBUTE_MUTANTS: readonly Mutant[] = [
  {
    name: "callers-before-acceptors",
    breaks: "Who sends the new value changes over before those who have to accept it (I1).",
    layer: "A",
    only: "acceptors/3xmixed rotate",
    known: "A acceptors/3xmixed rotate",
    edits: [{ file: CONSUMERS, search: '? "0" : "1";', replace: '? "1" : "0";' }],
  },
  {
    name: "old-slot-dropped-early",
    breaks: "An acceptor is given the new value in place of the old one instead of beside it (I1).",
    layer: "A",
    only: "acceptors/3xmixed rotate",
    known: "A acceptors/3xmixed rotate",
    edits: [
      {
        file: "controller/engine/entries.ts",
        search: "const two = id !== CUSTODY && hasSecondSlot(world, id);",
        replace: "const two = false;",
      },
    ],
  },
  {
    name: "written-is-proof",
    breaks: "A write that was answered counts as a receipt: nobody looks whether it has taken effect (I1).",
    layer: "A",
    only: "re-readable/3xslow rotate",
    known: "A re-readable/3xslow rotate",
    edits: [
      {
        file: DISTRIBUTE,
        search: 'const unsettled = outcome.kind === "done" ? unsettledCause(outcome.value) : outcome.cause;',
        replace: 'const unsettled = outcome.kind === "done" ? undefined : outcome.cause;',
      },
      { file: CHECK, search: "if (!holds(entries, outcome.value)) {", replace: "if (outcome.value === undefined) {" },
      {
        file: "controller/engine/stages/last-look.ts",
        search: "if (holds(entries, outcome.value)) return undefined;",
        replace: "if (entries) return undefined;",
      },
    ],
  },
  {
    name: "lost-write-is-proof",
    breaks: "A write without an answer counts as done, and what the consumer says of itself is not listened to (I1).",
    layer: "D",
    only: "3xblind",
    known: "D client-supplied/3xblind rotate fault=reset-before sink.write:2",
    edits: [
      {
        file: DISTRIBUTE,
        search: 'if (outcome.kind !== "done") {\n    const doubt',
        replace: 'if (outcome.kind === "refused") {\n    const doubt',
      },
      {
        file: DISTRIBUTE,
        search: "const { version, changed } = outcome.value;",
        replace: "const { version, changed } = outcome.value ?? { changed: true };",
      },
      {
        file: CHECK,
        search: 'if (result.outcome !== "pass") return',
        replace: 'if (result.outcome === "unauthorized") return',
      },
    ],
  },
  {
    name: "custody-forgotten",
    breaks: "Custody is never given the new value: the next rotation finds a dead one there (I2).",
    layer: "A",
    only: "client-supplied/1xcas rotate",
    known: "A client-supplied/1xcas rotate",
    edits: [
      {
        file: "controller/domain/plan-distribute.ts",
        search: "return planCustody(world, now) ?? planWaves(world, now);",
        replace: "return planWaves(world, now);",
      },
    ],
  },
];
