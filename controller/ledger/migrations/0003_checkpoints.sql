-- Checkpoints: what the audit chains came to, signed, and published outside of this database. A ledger that lacks one that was
-- published was restored from before it.

alter table velvet.install add column checkpoint_key text; -- the public key of the signatures: <key id>:<32 bytes in base64>

create table velvet.checkpoint (
  size bigint primary key check (size > 0), -- audit rows below all heads so far: grows with every checkpoint
  at timestamptz not null,
  canonical bytea not null,                -- the signed statement: canonical JSON
  hash bytea not null unique check (length(hash) = 32), -- SHA-256 of it
  previous bytea not null unique,          -- hash of the one before, so that none has two successors; empty for the first
  signature bytea not null,
  replaces bytea[] not null default '{}'   -- hashes of published ones that this ledger lacks, and a person gave up
);
create index checkpoint_replacing on velvet.checkpoint (size) where replaces <> '{}';

-- Where each chain ended that grew since the checkpoint before: what the root is made of.
create table velvet.checkpoint_head (
  chain text not null,
  seq bigint not null,
  hash bytea not null check (length(hash) = 32),
  size bigint not null references velvet.checkpoint (size),
  primary key (chain, seq)
);
create index checkpoint_head_size on velvet.checkpoint_head (size);

create trigger checkpoint_rows_stay before update or delete on velvet.checkpoint
  for each row execute function velvet.refuse_audit_change();
create trigger checkpoint_table_stays before truncate on velvet.checkpoint
  for each statement execute function velvet.refuse_audit_change();
create trigger checkpoint_head_rows_stay before update or delete on velvet.checkpoint_head
  for each row execute function velvet.refuse_audit_change();
create trigger checkpoint_head_table_stays before truncate on velvet.checkpoint_head
  for each statement execute function velvet.refuse_audit_change();

-- Finds what grew lately. Audit rows are only ever added, so this costs a write next to nothing, and locks nothing.
create index audit_recent on velvet.audit using brin (at) with (autosummarize = on);

-- Why nothing is started: what replicas found when they held what they published against this ledger.
create table velvet.hold (
  place text primary key,                  -- whose checkpoint: <host>:<path>
  reason text not null
    check (reason in ('LedgerRollback', 'CheckpointForged', 'CheckpointForeign', 'CheckpointUnreadable')),
  message text not null,
  published jsonb not null,                -- {hash, size, at, heads}, as far as it can be read
  found_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp()
);
