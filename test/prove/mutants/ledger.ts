/** Mistakes in how the ledger is claimed and written. */
import type { Mutant } from "./mutant.ts";

const RECORD = "controller/ledger/queries/record.sql";
const CLAIM = "controller/ledger/queries/claim_rotations.sql";

export const LEDGER_MUTANTS: readonly Mutant[] = [
  {
    name: "fence-not-checked",
    breaks: "A replica that was asleep writes over what the one that took over has written (I10).",
    layer: "C",
    edits: [
      {
        file: RECORD,
        search: "where r.id = $1 and r.fence = $2 and r.chain_seq = ($3::jsonb ->> 'chainSeq')::bigint",
        replace: "where r.id = $1 and $2::bigint is not null and r.chain_seq = ($3::jsonb ->> 'chainSeq')::bigint",
      },
    ],
  },
  {
    name: "lease-not-checked",
    breaks: "Two replicas work on one rotation, because a claim does not look whether it is held (I5).",
    layer: "C",
    edits: [
      { file: CLAIM, search: "where r.lease_until < clock_timestamp() and r.id in (", replace: "where r.id in (" },
      { file: CLAIM, search: " and due.lease_until < now()", replace: "" },
    ],
  },
  {
    name: "sealed-kept",
    breaks: "Sealed values stay in the ledger after the rotation has ended (I7).",
    layer: "A",
    edits: [
      {
        file: RECORD,
        search: "when $3::jsonb ? 'ended' then null\n      when $3::jsonb ? 'sealedPrevious'",
        replace: "when $3::jsonb ? 'sealedPrevious'",
      },
      {
        file: "controller/ledger/migrations/0001_ledger.sql",
        search: "  ended_at timestamptz,\n  check (ended_at is null or sealed_previous is null)\n",
        replace: "  ended_at timestamptz\n",
      },
    ],
  },
  {
    name: "two-live-rotations",
    breaks: "One credential has two live rotations, because the index that forbids it is gone (I5).",
    layer: "D",
    edits: [
      {
        file: "controller/ledger/migrations/0001_ledger.sql",
        search: "create unique index rotation_one_live on",
        replace: "create index rotation_one_live on",
      },
    ],
  },
];
