/** The ledger's rows for one judgement, in one statement and without ciphertext. Columns have the ledger's own names. */
import type { Db } from "../../../controller/ledger/db.ts";
import type { RotationView } from "../../../controller/ledger/views.ts";
import { listRotations } from "../../../controller/ledger/views.ts";
import type {
  ConsumerFacts,
  ConsumerState,
  RotationFacts,
  Snapshot,
  State,
  Trust,
} from "../../../controller/domain/world.ts";
import type { RotationDecisionSpec, RotationRequestSpec } from "../../../crds/kinds.gen.ts";

/** As Postgres writes a time into JSON. */
type Time = string;

export interface CredentialRow {
  readonly uid: string;
  readonly current_id: string | null;
  readonly current_attempt: string | null;
  readonly fingerprint: string | null;
}

export interface RotationRow {
  readonly id: string;
  readonly request: string;
  readonly credential: string;
  readonly namespace: string;
  readonly name: string;
  readonly flow: "Operational" | "Revocation" | "Testing";
  readonly expect: "Alive" | "Dead" | "Absent";
  readonly state: State;
  readonly snapshot: Snapshot;
  readonly facts: RotationFacts;
  readonly fence: number;
  readonly chain_seq: number;
  /** `\x` and hexadecimal, as Postgres writes bytes into JSON. */
  readonly chain_hash: string;
  readonly created_at: Time;
  readonly ended_at: Time | null;
  /** Whether ciphertext is still there. */
  readonly sealed: boolean;
}

export interface ConsumerRow {
  readonly rotation: string;
  readonly id: string;
  readonly state: ConsumerState;
  readonly touched: boolean;
  readonly facts: ConsumerFacts;
}

export interface AttemptRow {
  readonly id: string;
  readonly rotation: string;
  readonly credential: string;
  readonly number: number;
  readonly marker: string;
  readonly state: "open" | "minted" | "burned" | "lost" | "current" | "revoked";
  readonly vendor_id: string | null;
  readonly fingerprint: string | null;
  readonly created_at: Time;
  readonly sealed: boolean;
}

export interface EffectRow {
  readonly id: string;
  readonly rotation: string;
  readonly label: string;
  readonly fence: number;
  readonly outcome: "done" | "refused" | "unknown" | null;
  readonly intent_at: Time;
}

export interface RetiredRow {
  readonly credential: string;
  readonly vendor_id: string;
  readonly rotation: string;
  readonly state: "quarantined" | "destroyed" | "restored" | "live" | "manual";
  readonly changed_at: Time;
}

export interface TombstoneRow {
  readonly rotation: string;
  readonly attempt: string;
  readonly state: "watching" | "clear" | "orphan-suspected";
  readonly created_at: Time;
}

export interface RequestRow {
  readonly uid: string;
  readonly state: string;
  readonly spec: RotationRequestSpec;
  readonly rotation: string | null;
}

export interface DecisionRow {
  readonly namespace: string;
  readonly name: string;
  readonly spec: RotationDecisionSpec;
  readonly state: string;
  readonly trust: Trust;
  readonly appeared_at: Time;
}

export interface FindingRow {
  /** A consumer's id, '' for custody, or '@vendor'. */
  readonly place: string;
  readonly kind: string;
  readonly state: "suspected" | "open";
  readonly since: Time;
}

export interface CorrectionRow {
  readonly place: string;
  readonly intent_at: Time;
  /** Until then its request may still take effect. */
  readonly lands_until: Time;
  readonly outcome: "done" | "refused" | "unknown" | null;
  /** Null: by the Credential's drift.mode. */
  readonly wanted_by: object | null;
}

export interface AuditRow {
  readonly chain: string;
  readonly seq: number;
  /** Hexadecimal. */
  readonly canonical: string;
  readonly hash: string;
}

/** What a person wrote, beside the audit row that has its hash. */
export interface WordsRow {
  readonly chain: string;
  readonly seq: number;
  readonly field: string;
  /** Hexadecimal; null where it was erased. */
  readonly salt: string | null;
  readonly text: string | null;
}

export interface ActorRow {
  readonly id: string;
  readonly salt: string | null;
  readonly name: string | null;
}

export interface LedgerRows {
  readonly credentials: readonly CredentialRow[];
  readonly rotations: readonly RotationRow[];
  readonly consumers: readonly ConsumerRow[];
  readonly attempts: readonly AttemptRow[];
  readonly effects: readonly EffectRow[];
  readonly retired: readonly RetiredRow[];
  readonly tombstones: readonly TombstoneRow[];
  readonly requests: readonly RequestRow[];
  readonly decisions: readonly DecisionRow[];
  /** What differs now. */
  readonly findings: readonly FindingRow[];
  readonly corrections: readonly CorrectionRow[];
  /** Places that Velvet has written and nobody switched off, '' for custody. Absent: all of the manifest. */
  readonly watched?: readonly string[];
  /** By chain and number. The install's own chain is here whole, whatever the credential. */
  readonly audit: readonly AuditRow[];
  readonly words: readonly WordsRow[];
  readonly actors: readonly ActorRow[];
  /** Where the install's chain ends, by its owner. */
  readonly installHead: { readonly seq: number; readonly hash: string };
  /** What people are shown is made of these. */
  readonly views: readonly RotationView[];
}

const ROWS = {
  name: "prove_ledger",
  text: `
with r as (select * from velvet.rotation where $1::uuid is null or credential = $1::uuid)
select jsonb_build_object(
  'credentials', (select coalesce(jsonb_agg(to_jsonb(k) order by k.uid), '[]') from velvet.credential k
    where $1::uuid is null or k.uid = $1::uuid),
  'rotations', (select coalesce(jsonb_agg((to_jsonb(r) - 'sealed_previous' - 'sealed_slots')
    || jsonb_build_object('sealed', r.sealed_previous is not null or r.sealed_slots is not null) order by r.created_at, r.id), '[]') from r),
  'consumers', (select coalesce(jsonb_agg(to_jsonb(c) order by c.rotation, c.id), '[]') from velvet.consumer c
    where c.rotation in (select id from r)),
  'attempts', (select coalesce(jsonb_agg((to_jsonb(a) - 'sealed')
    || jsonb_build_object('sealed', a.sealed is not null) order by a.created_at, a.number, a.id), '[]') from velvet.attempt a
    where a.rotation in (select id from r)),
  'effects', (select coalesce(jsonb_agg(to_jsonb(e) order by e.intent_at, e.fence), '[]') from velvet.effect e
    where e.rotation in (select id from r)),
  'retired', (select coalesce(jsonb_agg(to_jsonb(o) order by o.changed_at, o.vendor_id), '[]') from velvet.retired o
    where $1::uuid is null or o.credential = $1::uuid),
  'tombstones', (select coalesce(jsonb_agg(to_jsonb(t) order by t.created_at, t.id), '[]') from velvet.tombstone t
    where t.rotation in (select id from r)),
  'requests', (select coalesce(jsonb_agg(to_jsonb(q) order by q.appeared_at, q.uid), '[]') from velvet.request q),
  'decisions', (select coalesce(jsonb_agg(to_jsonb(d) order by d.appeared_at, d.uid), '[]') from velvet.decision d),
  'findings', (select coalesce(jsonb_agg(to_jsonb(f) order by f.since, f.place, f.kind), '[]') from velvet.finding f
    where $1::uuid is null or f.credential = $1::uuid),
  'corrections', (select coalesce(jsonb_agg(to_jsonb(t) order by t.intent_at, t.place, t.id), '[]') from velvet.correction t
    where $1::uuid is null or t.credential = $1::uuid),
  'audit', (select coalesce(jsonb_agg(jsonb_build_object('chain', u.chain, 'seq', u.seq, 'canonical',
    encode(u.canonical, 'hex'), 'hash', encode(u.hash, 'hex')) order by u.chain, u.seq), '[]') from velvet.audit u
    where $1::uuid is null or u.chain = 'install' or u.chain in (select id::text from r)),
  'words', (select coalesce(jsonb_agg(jsonb_build_object('chain', w.chain, 'seq', w.seq, 'field', w.field,
    'salt', encode(w.salt, 'hex'), 'text', w.text) order by w.chain, w.seq, w.field), '[]') from velvet.audit_words w
    where $1::uuid is null or w.chain = 'install' or w.chain in (select id::text from r)),
  'actors', (select coalesce(jsonb_agg(jsonb_build_object('id', encode(p.id, 'hex'), 'salt', encode(p.salt, 'hex'),
    'name', p.name) order by p.id), '[]') from velvet.actor p),
  'installHead', (select facts from velvet.lease where name = 'install-chain')
) as rows`,
};

/** Most rotations that one story has. */
const MOST = 1_000;

/** All of one credential, or of the whole ledger. */
export async function readLedger(db: Db, credentialUid?: string): Promise<LedgerRows> {
  const [found] = await db.query<{ rows: Omit<LedgerRows, "views"> }>(ROWS, [credentialUid ?? null]);
  if (!found) throw new Error("the ledger has no rows");
  const views = await listRotations(db, { all: true, limit: MOST });
  return {
    ...found.rows,
    views: views.filter(({ rotation }) => credentialUid === undefined || rotation.credential === credentialUid),
  };
}
