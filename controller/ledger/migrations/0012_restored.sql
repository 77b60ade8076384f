-- After a restore: what each Credential really is, beside what this ledger says. Between rotations: what each account's vendor has with this
-- install's marker.

-- Written while something is held, and gone with the hold. Never a value: fingerprints are keyed.
create table velvet.restored (
  credential uuid primary key references velvet.object (uid),
  truth jsonb not null,
  looked_at timestamptz not null default clock_timestamp()
);

-- The last sweep of each account that issues credentials.
create table velvet.sweep (
  account text primary key,
  -- What nobody owns, by id; and what could not be listed.
  found jsonb not null default '[]',
  facts jsonb not null default '{}',
  swept_at timestamptz,
  next_sweep_at timestamptz not null default clock_timestamp(),
  fence bigint not null default 0,
  lease_until timestamptz not null default '-infinity'
);

create index sweep_due on velvet.sweep (next_sweep_at);

create trigger sweep_is_shown after update of found on velvet.sweep
for each row when (old.found is distinct from new.found) execute function velvet.touch_account();
