/** Mistakes in a rehearsal: each would reach a live place, or leave something behind. */
import type { Mutant } from "./mutant.ts";

const SLOTS = "controller/engine/stages/rehearsal-slots.ts";
const REFUSED = Array.from({ length: 16 }, (_, index) => `fault=refuse+403 sink.write:${index + 3}`).join(" ");
/** Nothing stood in these slots before: after so many tries they are let go. */
const FAILING_PUT_BACK = `A unmarked/1xblind rehearse ${REFUSED}`;

export const REHEARSAL_MUTANTS: readonly Mutant[] = [
  {
    name: "rehearsal-writes-live",
    breaks: "The throwaway is written under the live keys beside which it should stand (I1).",
    layer: "A",
    only: "markable/1xcas rehearse",
    known: "A markable/1xcas rehearse",
    edits: [
      {
        file: "controller/domain/rehearsal.ts",
        search: "return keys.map(({ field, name }) => ({ field, name: `${name}${suffix}` }));",
        replace:
          "return keys.map(({ field, name }) => ({ field, name: suffix === '_TEST' ? `${name}${suffix}` : name }));",
      },
      {
        file: "controller/domain/admit-rehearsal.ts",
        search: "return conflict && refuse(conflict.reason, conflict.message);",
        replace: "return conflict && undefined;",
      },
      {
        file: SLOTS,
        search: "return conflict && touchesLive(conflict.message);",
        replace: "return conflict && undefined;",
      },
      {
        file: SLOTS,
        search: "const same = here.find(",
        replace: "const same = [].find(",
      },
    ],
  },
  {
    name: "rehearsal-becomes-current",
    breaks: "The throwaway is what the ledger holds for the current one (I2).",
    layer: "A",
    only: "re-readable/1xreadable rehearse",
    known: "A re-readable/1xreadable rehearse",
    edits: [
      {
        file: "controller/engine/stages/rehearsal-finish.ts",
        search: "attempts: wiped(world),",
        replace: "attempts: wiped(world, world.rotation.facts.rehearsal?.ended?.attempt),",
      },
    ],
  },
  {
    name: "rehearsal-adopts",
    breaks: "A rehearsal writes what it verified into the ledger as the current one, with no rotation behind it (I2).",
    layer: "A",
    only: "markable/1xcas rehearse",
    known: "A markable/1xcas rehearse",
    edits: [
      {
        file: "controller/engine/stages/verify.ts",
        search: 'world.rotation.flow !== "Testing"',
        replace: "world.rotation.id !== undefined",
      },
    ],
  },
  {
    name: "rehearsal-leaves-throwaway",
    breaks: "Where a slot cannot be put back the throwaway stays alive as well, and nobody is told of it (I2, I3).",
    layer: "A",
    only: "unmarked/1xblind rehearse",
    known: FAILING_PUT_BACK,
    edits: [
      {
        file: "controller/domain/plan-rehearsal.ts",
        search: "if (liveAttempt(world))\n",
        replace: "if (liveAttempt(world) && !everybody(world).some(({ facts }) => facts.failedAt))\n",
      },
    ],
  },
  {
    name: "rehearsal-forgets-slot",
    breaks: "What stood in a test slot is not put back: it is lost with the throwaway (I3).",
    layer: "A",
    only: "markable/1xcas rehearse",
    known: "A markable/1xcas rehearse",
    edits: [
      {
        file: SLOTS,
        search: "held.includes(name) ? (saved[nameOf(id, name)] ?? null) : null",
        replace: "held.includes(saved[nameOf(id, name)]?.toString() ?? '') ? null : null",
      },
    ],
  },
  {
    name: "sentence-names-person",
    breaks: "The audit chain says in a sentence of its own who stopped a rehearsal: a name that cannot be erased (I8).",
    layer: "A",
    only: "markable/1xcas rehearse",
    known: "A markable/1xcas rehearse abort sink.write:before:2",
    edits: [
      {
        file: "controller/engine/stages/rehearsal-removal.ts",
        search: "{ because: wordsOf(because, random) }",
        replace: "{ told: because }",
      },
    ],
  },
  {
    name: "rehearsal-silent-slot",
    breaks: "A slot that could not be put back is named nowhere (I3).",
    layer: "A",
    only: "unmarked/1xblind rehearse",
    known: FAILING_PUT_BACK,
    edits: [
      {
        file: "controller/domain/rehearsal-left.ts",
        search: 'everybody(world).filter((row) => row.touched && row.state !== "restored")',
        replace: 'everybody(world).filter((row) => row.touched && row.state === "writing")',
      },
    ],
  },
];
