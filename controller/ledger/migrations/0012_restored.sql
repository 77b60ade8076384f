-- After a restore: what each Credential really is, beside what this ledger says. Between rotations: what each account's vendor has with this
-- install's marker.

-- Written while something is held, and gone with the hold. Never a value: fingerprints are keyed.
create table velvet.restored (
  credential uuid primary key references velvet.object (uid),
  truth jsonb not null,
  looked_at timestamptz not null default clock_timestamp()
);

-- The last sweep of each account that issues credentials. `found`: what nobody owns. `facts`: what was seen, and what could not be listed.
create table velvet.sweep (
  account text primary key,
  found jsonb not null default '[]',
  facts jsonb not null default '{}',
  swept_at timestamptz,
  changed_at timestamptz not null default clock_timestamp(),
  next_sweep_at timestamptz not null default clock_timestamp()
);

create index sweep_due on velvet.sweep (next_sweep_at);

create trigger sweep_is_shown after insert or update on velvet.sweep
for each row execute function velvet.touch_account();
