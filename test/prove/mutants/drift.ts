/** Mistakes between rotations: each would write what nobody wants, fight for ever, or tell of what nobody did. */
import type { Mutant } from "./mutant.ts";

const RULES = "controller/domain/drift/correct.ts";
const PLACE = "controller/domain/drift/place.ts";
const TRIGGERS = "controller/ledger/migrations/0009_drift.sql";

export const DRIFT_MUTANTS: readonly Mutant[] = [
  {
    name: "drift-trusts-custody",
    breaks: "Whatever custody holds is given to a consumer that differs, the value of somebody else too (drift).",
    layer: "A",
    only: "re-readable/1xreadable drift-custody",
    known: "A re-readable/1xreadable drift-custody",
    edits: [
      {
        file: RULES,
        search: 'if (!isLedgers) return "custody holds another value than the ledger knows";',
        replace: "",
      },
      {
        file: "controller/drift/survey.ts",
        search: "current?.isLedgers === true ? current.value : undefined",
        replace: "current?.value",
      },
    ],
  },
  {
    name: "drift-gives-out-dead",
    breaks: "A value that the vendor refuses is written over one that works (I1).",
    layer: "A",
    only: "markable/1xcas drift-dead",
    known: "A markable/1xcas drift-dead",
    edits: [
      {
        file: RULES,
        search: 'if (verdict === "alive" || verdict === "restricted") return undefined;',
        replace: "if (verdict !== undefined) return undefined;",
      },
    ],
  },
  {
    name: "drift-fights-for-ever",
    breaks: "Two writers overwrite each other without end, and no person is asked (drift).",
    layer: "A",
    only: "markable/1xcas drift-fight",
    known: "A markable/1xcas drift-fight",
    edits: [
      {
        file: RULES,
        search: "return own.length - (byPerson + 1) >= CORRECTIONS_A_DAY;",
        replace: "return own.length - (byPerson + 1) >= 10 * CORRECTIONS_A_DAY;",
      },
    ],
  },
  {
    name: "own-write-is-drift",
    breaks: "What Velvet itself wrote is told as somebody else's, where a sink shows no more than a version (drift).",
    layer: "A",
    only: "markable/3xblind watched",
    known: "A markable/3xblind watched",
    edits: [
      {
        file: PLACE,
        search: "if (sight.version !== undefined && sight.version === version)",
        replace: "if (sight.version === undefined && sight.version === version)",
      },
      {
        file: PLACE,
        search: "Date.parse(changedAt) <= Date.parse(until) + SKEW_MS",
        replace: "Date.parse(changedAt) < Date.parse(until) - SKEW_MS",
      },
    ],
  },
  {
    name: "rotates-under-correction",
    breaks:
      "A rotation begins while a correction is on its way, which lands after it and brings the old value back (I1).",
    layer: "C",
    only: "re-readable/1xreadable drift-corrected",
    edits: [
      {
        file: TRIGGERS,
        search: "(c.outcome is null and c.lands_until > clock_timestamp())",
        replace: "(c.outcome is null and c.lands_until < c.intent_at)",
      },
      {
        file: "controller/ledger/queries/pending_requests.sql",
        search: "select max(coalesce(t.outcome_at, t.intent_at)) from velvet.correction t where t.credential = c.uid",
        replace: "select null::timestamptz",
      },
    ],
  },
];
