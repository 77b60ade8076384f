/** Mistakes in the flow Revocation. */
import type { Mutant } from "./mutant.ts";

const RECORD = "controller/ledger/queries/record.sql";

export const REVOCATION_MUTANTS: readonly Mutant[] = [
  {
    name: "preempt-not-fenced",
    breaks: "Whoever is in the middle of the rotation that is pre-empted goes on writing it (I5, I10).",
    layer: "C",
    only: "client-supplied/1xcas rotate",
    known: "C client-supplied/1xcas rotate revoke sink.observe:before:1 pause sink.observe:before:1 until end",
    edits: [
      {
        file: "controller/ledger/queries/seize_rotation.sql",
        search: "set fence = fence + 1, claim",
        replace: "set fence = fence, claim",
      },
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
    name: "revoke-beyond-the-list",
    breaks: "What the vendor has now is ended instead of what the list says: the current one with it (I4).",
    layer: "A",
    only: "client-supplied/1xcas revoke-retired",
    known: "A client-supplied/1xcas revoke-retired",
    edits: [
      {
        file: "controller/engine/revocation/end.ts",
        search: "endKey(pass.deps.accounts.issuer(world.rotation.snapshot), id, signal,",
        replace:
          "endKey(pass.deps.accounts.issuer(world.rotation.snapshot), (await pass.deps.accounts.issuer(world.rotation.snapshot).list(signal)).at(-1)?.id ?? id, signal,",
      },
    ],
  },
  {
    name: "done-without-lock-out",
    breaks: "A Revocation is done as soon as its credentials have ended, whoever still lets them in (I2).",
    layer: "A",
    only: "re-readable/1xreadable leak",
    known: "A re-readable/1xreadable leak",
    edits: [
      {
        file: "controller/domain/plan-revocation.ts",
        search: "if (ids.length === 0 && rows.length === 0)",
        replace: "if (ids.length === 0 || rows.length < 0)",
      },
    ],
  },
  {
    name: "preempted-mint-survives",
    breaks: "What the pre-empted rotation had minted without proof is left alive (I2).",
    layer: "A",
    only: "re-readable/1xreadable preempt",
    known: "A re-readable/1xreadable preempt",
    edits: [
      {
        file: "controller/domain/revocation-ids.ts",
        search: "minted === undefined || spared === true ? [] :",
        replace: "minted === undefined || spared !== true ? [] :",
      },
    ],
  },
  {
    name: "doubt-is-proof",
    breaks:
      "An answer that says neither yes nor no counts as a lock-out: a consumer lets the old one in, and nobody knows (I2).",
    layer: "A",
    only: "re-readable/1xreadable leak",
    known: "A re-readable/1xreadable leak",
    edits: [
      {
        file: "controller/engine/revocation/prove.ts",
        search: 'if (answer.is === "locked-out") return lockedOut(place, row, answer);',
        replace:
          'if (answer.is !== "leaking") return lockedOut(place, row, { is: "locked-out", by: "check", message: "" });',
      },
    ],
  },
];
