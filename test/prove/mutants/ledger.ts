/** Mistakes in how the ledger is claimed and written. */
import type { Mutant } from "./mutant.ts";

const RECORD = "controller/ledger/queries/record.sql";
const UNSURE = "controller/engine/unsure.ts";
const CLAIM = "controller/ledger/queries/claim_rotations.sql";

export const LEDGER_MUTANTS: readonly Mutant[] = [
  {
    name: "fence-not-checked",
    breaks: "A replica that was asleep writes over what the one that took over has written (I8, I10).",
    layer: "C",
    only: "client-supplied/1xcas rotate",
    known: "C client-supplied/1xcas rotate pause sink.observe:after:1 until end",
    edits: [
      {
        file: RECORD,
        search: "where r.id = $1 and r.fence = $2 and r.chain_seq = ($3::jsonb ->> 'chainSeq')::bigint",
        replace: "where r.id = $1 and $2::bigint is not null",
      },
      {
        file: RECORD,
        search: "from held, unnest($10::bigint[], $11::bytea[], $12::bytea[]) as x (seq, canonical, hash)",
        replace:
          "from held, unnest($10::bigint[], $11::bytea[], $12::bytea[]) as x (seq, canonical, hash) on conflict do nothing",
      },
    ],
  },
  {
    name: "lease-never-expires",
    breaks: "A claim holds for days: nobody takes over from a replica that died (I9).",
    layer: "A",
    only: "client-supplied/1xcas rotate",
    known: "A client-supplied/1xcas rotate die sink.write:after:1",
    edits: [
      {
        file: CLAIM,
        search: "lease_until = clock_timestamp() + $3 * interval '1 millisecond'",
        replace: "lease_until = clock_timestamp() + $3 * interval '1 day'",
      },
    ],
  },
  {
    name: "fence-not-raised",
    breaks: "A claim does not raise the fence: whoever held the rotation before it can still write (I10).",
    layer: "C",
    only: "client-supplied/1xcas rotate",
    known: "C client-supplied/1xcas rotate pause sink.observe:after:1 until end",
    edits: [
      { file: CLAIM, search: "set fence = r.fence + 1, claim", replace: "set fence = r.fence, claim" },
      { file: RECORD, search: " and r.chain_seq = ($3::jsonb ->> 'chainSeq')::bigint", replace: "" },
      {
        file: RECORD,
        search: "from held, unnest($10::bigint[], $11::bytea[], $12::bytea[]) as x (seq, canonical, hash)",
        replace:
          "from held, unnest($10::bigint[], $11::bytea[], $12::bytea[]) as x (seq, canonical, hash) on conflict do nothing",
      },
    ],
  },
  {
    name: "doubt-by-wall-clock",
    breaks: "How long a write may still land is reckoned by the replica's own clock, which may be minutes off (I1).",
    layer: "C",
    only: "unmarked/1xblind abort-distributing",
    known: "C unmarked/1xblind abort-distributing pause sink.write:flight:2 until end",
    edits: [
      {
        file: UNSURE,
        search: "export function unsureFrom({ leaseMs }: Deps,",
        replace: "export function unsureFrom({ leaseMs, clock }: Deps,",
      },
      {
        file: UNSURE,
        search: "later(now, landingMs(leaseMs))",
        replace: "later(clock.now().toISOString(), landingMs(leaseMs))",
      },
    ],
  },
  {
    name: "overslept-goes-on",
    breaks: "A replica that slept for longer than its lease still makes the call that it had decided on (I1, I2).",
    layer: "C",
    only: "re-readable/1xreadable abort-distributing",
    known: "C re-readable/1xreadable abort-distributing pause sink.write:before:2 until end",
    edits: [
      {
        file: "controller/engine/effect.ts",
        search: "if (deps.clock.monotonicMs() - begunAt <= deadlineMs(deps.leaseMs)) return undefined;",
        replace: "if (begunAt >= 0) return undefined;",
      },
    ],
  },
  {
    name: "audit-row-forgotten",
    breaks: "The end of a rotation is written without its audit row (I8).",
    layer: "A",
    only: "client-supplied/1xcas rotate",
    known: "A client-supplied/1xcas rotate",
    edits: [
      {
        file: RECORD,
        search: "from held, unnest($10::bigint[], $11::bytea[], $12::bytea[]) as x (seq, canonical, hash)",
        replace:
          "from held, unnest($10::bigint[], $11::bytea[], $12::bytea[]) as x (seq, canonical, hash) where not $3::jsonb ? 'ended'",
      },
    ],
  },
  {
    name: "name-in-audit",
    breaks: "Who asked for a rotation stands in its chain by name, for ever (I8).",
    layer: "A",
    only: "client-supplied/1xcas rotate",
    known: "A client-supplied/1xcas rotate",
    edits: [
      {
        file: "controller/ledger/requests.ts",
        search: "requestedBy: await actorOf(db, requestedBy, random),",
        replace: "requestedBy,",
      },
    ],
  },
  {
    name: "words-forgotten",
    breaks: "What a person wrote is hashed into the chain and kept nowhere (I8).",
    layer: "A",
    only: "client-supplied/1xcas rotate",
    known: "A client-supplied/1xcas rotate",
    edits: [
      {
        file: "controller/ledger/queries/start_rotation.sql",
        search:
          "from started, jsonb_to_recordset($4::jsonb -> 'words') as x (seq bigint, field text, salt text, text text)",
        replace:
          "from started, jsonb_to_recordset($4::jsonb -> 'words') as x (seq bigint, field text, salt text, text text) where false",
      },
    ],
  },
  {
    name: "value-in-audit",
    breaks: "The audit row of a mint holds the new value (I7).",
    layer: "A",
    only: "markable/1xcas rotate",
    known: "A markable/1xcas rotate",
    edits: [
      {
        file: "controller/engine/stages/minted.ts",
        search: 'audit: { event: "Minted", attempt: open.id,',
        replace:
          'audit: { event: "Minted", value: Object.values(minted.value)[0]?.reveal().slice(0), attempt: open.id,',
      },
    ],
  },
  {
    name: "value-in-log",
    breaks: "A log line holds the new value, in base64 (I7).",
    layer: "A",
    only: "markable/1xcas rotate",
    known: "A markable/1xcas rotate",
    edits: [
      {
        file: "controller/engine/stages/minted.ts",
        search: "  // One look is enough for both, unless somebody wants to stop here.\n",
        replace:
          '  pass.deps.log.info({ seen: Buffer.from(Object.values(minted.value)[0]?.reveal() ?? "").toString("base64") }, "minted");\n',
      },
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
    known: "D acceptors/3xmixed rotate fault=hang sink.settle:4 request sink.settle:before:2",
    edits: [
      {
        file: "controller/ledger/migrations/0001_ledger.sql",
        search: "create unique index rotation_one_live on",
        replace: "create index rotation_one_live on",
      },
      {
        file: "controller/domain/admission.ts",
        search: "  if (live !== undefined && !preempts(candidate))\n",
        replace: '  if (live === "" && !preempts(candidate))\n',
      },
    ],
  },
];
