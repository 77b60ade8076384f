-- The ledger: the only authority. Every table lives in the schema "velvet".
-- Times are the database's own clock. A value of a credential stands only in columns named sealed*, as ciphertext.

-- One row: which install this ledger belongs to.
create table velvet.install (
  singleton boolean primary key default true check (singleton),
  id text not null check (id ~ '^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$'),
  environment text not null check (length(environment) between 1 and 63),
  key_check bytea not null,              -- proves that the key-encryption key is the right one
  sealing_key text not null,             -- the public key that people seal values to
  created_at timestamptz not null default clock_timestamp()
);

-- Where desired objects come from, and how the last look at each went.
create table velvet.source (
  name text primary key check (length(name) between 1 and 200),
  kind text not null check (kind in ('git', 'folder', 'kubernetes')),
  cursor text,                           -- git: the last processed commit
  baseline boolean not null default false, -- true once the first sync of this ledger has been done
  ready boolean not null default false,
  reason text not null default 'NotSynced',
  message text not null default '',
  synced_at timestamptz,
  changed_at timestamptz not null default clock_timestamp()
);

-- What is wrong with a source's files at its cursor.
create table velvet.source_problem (
  source text not null references velvet.source (name) on delete cascade,
  path text not null,
  line integer not null default 0,
  col integer not null default 0,
  code text not null,
  message text not null,
  primary key (source, path, line, col, code, message)
);

-- Desired objects as the sources last showed them. A uid survives the recreation of its object.
create table velvet.object (
  kind text not null check (kind in ('VendorAccount', 'Credential', 'RotationRequest', 'RotationDecision')),
  namespace text not null default '',
  name text not null,
  uid uuid not null default gen_random_uuid() unique,
  source text not null,
  generation bigint not null default 1,
  spec jsonb not null,
  spec_hash bytea not null,
  origin jsonb not null default '{}',    -- {commit, path, line, author, committer}
  trust text not null default 'claimed' check (trust in ('claimed', 'signed', 'host', 'admission')),
  present boolean not null default true,
  first_seen_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp(),
  deleted_at timestamptz,
  primary key (kind, namespace, name)
);

-- What is known of a credential between rotations.
create table velvet.credential (
  uid uuid primary key references velvet.object (uid),
  namespace text not null,
  name text not null,
  current_id text,                       -- the vendor's id of the credential in use
  current_attempt uuid,                  -- the attempt that minted it; null where it was adopted
  fingerprint text,                      -- of the whole value
  fingerprints jsonb not null default '{}', -- by field
  issued_at timestamptz,
  changed_at timestamptz not null default clock_timestamp(),
  unique (namespace, name)
);

-- Every request ever seen. Identity is (namespace, name), for ever.
create table velvet.request (
  uid uuid primary key default gen_random_uuid(),
  namespace text not null,
  name text not null,
  spec jsonb not null,
  spec_hash bytea not null,
  origin jsonb not null default '{}',
  trust text not null default 'claimed',
  state text not null default 'pending' check (state in ('pending', 'accepted', 'refused', 'baseline', 'expired')),
  reason text not null default 'Pending',
  message text not null default '',
  appeared_at timestamptz not null default clock_timestamp(),
  deadline timestamptz not null,
  next_look_at timestamptz not null default clock_timestamp(),
  rotation uuid,
  changed_at timestamptz not null default clock_timestamp(),
  unique (namespace, name)
);
create index request_pending on velvet.request (next_look_at) where state = 'pending';

create table velvet.rotation (
  id uuid primary key,
  request uuid not null unique references velvet.request (uid),
  credential uuid not null references velvet.credential (uid),
  namespace text not null,
  name text not null,                    -- the request's name
  credential_name text not null,
  flow text not null check (flow in ('Operational', 'Revocation', 'Testing')),
  expect text not null check (expect in ('Alive', 'Dead', 'Absent')),
  state text not null,
  snapshot jsonb not null,               -- {request, credential, accounts}: what this rotation runs on
  snapshot_hash text not null,
  facts jsonb not null default '{}',     -- what the stages found out; see domain/world.ts
  sealed_previous bytea,                 -- the value in use when it began; null when it has ended
  fence bigint not null default 0,
  claim uuid,
  claimed_by text,
  lease_until timestamptz not null default '-infinity',
  next_action_at timestamptz not null default clock_timestamp(),
  wakes bigint not null default 0,       -- counts what arrived from outside, so that a release cannot miss it
  chain_seq bigint not null default 0,
  chain_hash bytea not null default '\x',
  created_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  check (ended_at is null or sealed_previous is null)
);
create unique index rotation_one_live on velvet.rotation (credential) where ended_at is null;
create index rotation_due on velvet.rotation (next_action_at) where ended_at is null;

-- One row per consumer of a rotation's snapshot; custody is the consumer with id '' and goes first.
create table velvet.consumer (
  rotation uuid not null references velvet.rotation (id),
  id text not null,
  state text not null default 'pending'
    check (state in ('pending', 'writing', 'written', 'settled', 'working', 'failed', 'skipped', 'inactive', 'restored')),
  touched boolean not null default false, -- a write was at least tried
  facts jsonb not null default '{}',     -- tries, next try, error, versions, receipt; see domain/world.ts
  changed_at timestamptz not null default clock_timestamp(),
  primary key (rotation, id)
);

-- One try at minting.
create table velvet.attempt (
  id uuid primary key,
  rotation uuid not null references velvet.rotation (id),
  credential uuid not null references velvet.credential (uid),
  number integer not null,
  marker text not null,
  mint_class text not null,
  inventory jsonb not null default '[]',
  state text not null default 'open' check (state in ('open', 'minted', 'burned', 'current', 'revoked')),
  deadline timestamptz not null,
  sealed bytea,                          -- null when the rotation has ended
  vendor_id text,
  fingerprint text,
  fingerprints jsonb not null default '{}',
  facts jsonb not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp(),
  unique (rotation, number)
);
create index attempt_recent on velvet.attempt (credential, created_at);
create unique index attempt_one_open on velvet.attempt (credential) where state = 'open';

-- Intent and outcome of every effect that changes something outside.
create table velvet.effect (
  id uuid primary key,
  rotation uuid not null,                -- without a foreign key: written at every step, and only ever with its rotation
  attempt uuid,
  consumer text,
  label text not null,
  fence bigint not null,
  intent_at timestamptz not null default clock_timestamp(),
  deadline_ms integer not null,
  outcome text check (outcome in ('done', 'refused', 'unknown')),
  detail jsonb not null default '{}',
  outcome_at timestamptz
);
create index effect_open on velvet.effect (rotation) where outcome is null;

-- An old credential's vendor id, with a life of its own after the rotation is done.
create table velvet.retired (
  credential uuid not null references velvet.credential (uid),
  vendor_id text not null,
  rotation uuid not null references velvet.rotation (id),
  fingerprint text,
  state text not null check (state in ('quarantined', 'destroyed', 'restored', 'live', 'manual')),
  destroy_after timestamptz,
  wish text not null default 'destroy' check (wish in ('destroy', 'restore')), -- what is done when it is due
  residual jsonb not null default '[]',
  tries integer not null default 0,
  error jsonb,
  fence bigint not null default 0,
  claim uuid,
  lease_until timestamptz not null default '-infinity',
  next_action_at timestamptz,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (credential, vendor_id)
);
create index retired_due on velvet.retired (next_action_at) where next_action_at is not null;

-- A credential that may exist at a vendor and must be found dead.
create table velvet.tombstone (
  id uuid primary key,
  rotation uuid not null references velvet.rotation (id),
  attempt uuid not null references velvet.attempt (id),
  marker text not null,
  vendor_id text,
  looks integer not null default 0,
  state text not null default 'watching' check (state in ('watching', 'clear', 'orphan-suspected')),
  next_action_at timestamptz,
  fence bigint not null default 0,
  claim uuid,
  lease_until timestamptz not null default '-infinity',
  created_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp()
);
create index tombstone_due on velvet.tombstone (next_action_at) where state = 'watching';

-- Every decision ever seen. Identity is (namespace, name), for ever.
create table velvet.decision (
  uid uuid primary key default gen_random_uuid(),
  namespace text not null,
  name text not null,
  request_name text,
  credential_name text,
  spec jsonb not null,
  spec_hash bytea not null,
  origin jsonb not null default '{}',
  trust text not null default 'claimed',
  state text not null default 'pending' check (state in ('pending', 'accepted', 'refused', 'baseline')),
  reason text not null default 'Pending',
  message text not null default '',
  appeared_at timestamptz not null default clock_timestamp(),
  decided_at timestamptz,
  rotation uuid,
  unique (namespace, name)
);
create index decision_by_request on velvet.decision (namespace, request_name);

-- A decision wakes its rotation, whichever way it came in.
create function velvet.wake_rotation() returns trigger language plpgsql as $$
begin
  update velvet.rotation set wakes = wakes + 1, next_action_at = clock_timestamp()
    where ended_at is null and namespace = new.namespace and name = new.request_name;
  return null;
end $$;
create trigger decision_wakes_rotation after insert on velvet.decision
  for each row when (new.state = 'pending') execute function velvet.wake_rotation();

-- The audit chains: one for each rotation, and the chain 'install' for what belongs to none.
-- hash = SHA-256(previous hash || canonical JSON bytes); the first row's previous hash is empty.
create table velvet.audit (
  chain text not null,
  seq bigint not null,
  canonical bytea not null,
  hash bytea not null check (length(hash) = 32),
  at timestamptz not null default clock_timestamp(),
  primary key (chain, seq)
);

create function velvet.refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit rows are never changed or removed' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_rows_stay before update or delete on velvet.audit
  for each row execute function velvet.refuse_audit_change();
create trigger audit_table_stays before truncate on velvet.audit
  for each statement execute function velvet.refuse_audit_change();

-- What projections and notifications have to tell: latest wins by (topic, key).
create table velvet.outbox (
  topic text not null,
  key text not null,
  version bigint not null default 1,
  delivered bigint not null default 0,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (topic, key)
);
create index outbox_due on velvet.outbox (topic, changed_at) where delivered < version;

-- Singletons: source sync, scheduler, the install chain's head.
create table velvet.lease (
  name text primary key,
  fence bigint not null default 0,
  claim uuid,
  claimed_by text,
  lease_until timestamptz not null default '-infinity',
  facts jsonb not null default '{}'
);
insert into velvet.lease (name, facts) values ('install-chain', '{"seq": 0, "hash": ""}');

-- What is known of each vendor account: the last probe.
create table velvet.account (
  name text primary key,
  generation bigint not null,
  ready boolean not null,
  reason text not null,
  message text not null,
  remaining bigint,
  probed_at timestamptz not null default clock_timestamp()
);

-- RFC 3339 in UTC with milliseconds, so that times compare as text.
create function velvet.instant(at timestamptz) returns text language sql stable parallel safe as $$
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- A rotation whole, without sealed values: what the engine decides on and what people are shown.
create view velvet.rotation_world as
select r.id, r.namespace, r.name, r.credential, r.credential_name, r.flow, r.expect, r.state, r.snapshot, r.snapshot_hash,
  r.facts, r.fence, r.wakes, r.created_at, r.changed_at, r.ended_at, r.next_action_at, r.lease_until, r.claimed_by, q.deadline,
  k.current_id, k.fingerprint,
  (select json_agg(json_build_object('id', c.id, 'state', c.state, 'touched', c.touched, 'facts', c.facts) order by c.id)
    from velvet.consumer c where c.rotation = r.id) as consumers,
  (select json_agg(json_strip_nulls(json_build_object(
      'id', a.id, 'number', a.number, 'marker', a.marker, 'state', a.state, 'inventory', a.inventory,
      'deadline', velvet.instant(a.deadline), 'vendorId', a.vendor_id, 'fingerprint', a.fingerprint,
      'createdAt', velvet.instant(a.created_at), 'aliveAt', a.facts -> 'aliveAt')) order by a.number)
    from velvet.attempt a where a.rotation = r.id) as attempts,
  (select json_agg(json_build_object(
      'uid', d.uid, 'name', d.name, 'spec', d.spec, 'trust', d.trust, 'state', d.state, 'reason', d.reason,
      'message', d.message, 'appearedAt', velvet.instant(d.appeared_at)) order by d.appeared_at, d.name)
    from velvet.decision d where d.namespace = r.namespace and d.request_name = r.name) as decisions,
  (select json_agg(json_strip_nulls(json_build_object(
      'vendorId', o.vendor_id, 'rotation', o.rotation, 'state', o.state,
      'destroyAfter', velvet.instant(o.destroy_after))) order by o.changed_at)
    from velvet.retired o where o.credential = r.credential) as retired,
  (select count(*) from velvet.attempt a
    where a.credential = r.credential and a.state <> 'burned' and a.created_at > clock_timestamp() - interval '24 hours')
    as mints_today
from velvet.rotation r
join velvet.request q on q.uid = r.request
join velvet.credential k on k.uid = r.credential;
