/** Mistakes on the way back. */
import type { Mutant } from "./mutant.ts";

const ABORT = "controller/domain/abort.ts";

export const ABORT_MUTANTS: readonly Mutant[] = [
  {
    name: "abort-revokes-first",
    breaks: "An abort ends the new credential before those who hold it were given the old one back (I1).",
    layer: "A",
    only: "client-supplied/1xcas abort-distributing",
    known: "A client-supplied/1xcas abort-distributing",
    edits: [
      {
        file: ABORT,
        search: "  if (back) return back;\n",
        replace: '  if (back && attempt?.state !== "minted") return back;\n',
      },
    ],
  },
  {
    name: "late-write-over-write-back",
    breaks: "The new credential ends while a write of it may still land over the old value that was written back (I1).",
    layer: "C",
    only: "unmarked/1xblind abort-distributing",
    known: "C unmarked/1xblind abort-distributing pause sink.write:flight:2 until end",
    edits: [
      {
        file: ABORT,
        search: '(consumer.state === "restored" && consumer.facts.unsureUntil === undefined)',
        replace: '(consumer.state === "restored")',
      },
    ],
  },
  {
    name: "abort-forgets-new",
    breaks: "An abort leaves its own new credential alive, and nobody is told of it (I2, I3).",
    layer: "A",
    only: "markable/1xcas abort-distributing",
    known: "A markable/1xcas abort-distributing",
    edits: [
      {
        file: ABORT,
        search: "if (attempt && mayRevokeNew(world)) return",
        replace: "if (attempt && !mayRevokeNew(world)) return",
      },
      {
        file: "controller/engine/stages/abort.ts",
        search: "retired: retiredBy(world, keepNew),",
        replace: "retired: keepNew ? retiredBy(world, keepNew) : [],",
      },
    ],
  },
  {
    name: "abort-leaves-open-mint",
    breaks: "An abort ends while a mint has no outcome yet: what it made is nobody's (I3).",
    layer: "D",
    only: "markable/1xcas",
    known: "D markable/1xcas rotate fault=reset-after issuer.mint:1 abort issuer.mint:after:1",
    edits: [
      {
        file: ABORT,
        search: 'if (attempt?.state === "open") return waitForRetry(world, now) ?? { do: "resolve", attempt };',
        replace: "",
      },
    ],
  },
];
