/** Mistakes where a person does what no API does. */
import type { Mutant } from "./mutant.ts";

const PLAN_MINT = "controller/domain/plan-mint.ts";
const SEEN = "controller/domain/seen.ts";

export const ASSISTED_MUTANTS: readonly Mutant[] = [
  {
    name: "handed-in-unverified",
    breaks: "What a person hands in is distributed before the vendor has accepted it (I1).",
    layer: "A",
    only: "manual/1xcas wrong-value",
    known: "A manual/1xcas wrong-value",
    edits: [
      {
        file: PLAN_MINT,
        search: 'if (attempt.aliveAt === undefined) return waitForRetry(world, now) ?? { do: "verify-new", attempt };',
        replace:
          'if (attempt.aliveAt === undefined && world.issuer.mintClass !== "manual") return { do: "verify-new", attempt };',
      },
    ],
  },
  {
    name: "revoke-taken-for-seen",
    breaks: "The old credential counts as ended by hand although the vendor still accepts it (I2, I4).",
    layer: "A",
    only: "manual/1xcas rotate",
    known: "A manual/1xcas rotate",
    edits: [
      {
        file: SEEN,
        search: 'if (listed === true || (old !== undefined && old.liveness !== "dead")) return NOT_YET;',
        replace: "if (listed === true) return NOT_YET;",
      },
    ],
  },
  {
    name: "asked-before-receipts",
    breaks:
      "A person is asked to end the old one while a consumer has not proven that it works with the new one (I1, I4).",
    layer: "A",
    only: "manual/3xblind abort-distributing",
    known: "A manual/3xblind abort-distributing",
    edits: [
      {
        file: "controller/engine/stages/revoke.ts",
        search: "if (unproven.length === 0) return undefined;",
        replace: "if (unproven) return undefined;",
      },
      {
        file: "controller/domain/plan-distribute.ts",
        search: "if (open.length === 0) return undefined;",
        replace: "if (open.length < world.consumers.length) return undefined;",
      },
    ],
  },
];
