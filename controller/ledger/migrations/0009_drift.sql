-- Between rotations: what our own writes left at each place, when each Credential is looked at again, and what was found to differ.

-- One row for each Credential that a rotation has ever begun for.
create table velvet.drift_check (
  credential uuid primary key references velvet.credential (uid),
  state text not null default 'unchecked'
    check (state in ('unchecked', 'clean', 'drifted', 'disabled')),
  facts jsonb not null default '{}',     -- what the last look saw at each place, without values; see domain/drift/memory.ts
  postponed jsonb,                       -- why the last look was not made, or not all of it
  fence bigint not null default 0,
  claim uuid,
  lease_until timestamptz not null default '-infinity',
  next_check_at timestamptz not null,
  checked_at timestamptz,                -- when a look last came to its end
  changed_at timestamptz not null default clock_timestamp() -- when `state` last changed
);
create index drift_check_due on velvet.drift_check (next_check_at);

-- What our own write left at a place; custody is the place ''. What the place holds is known by the credential's fingerprints.
create table velvet.held (
  credential uuid not null references velvet.credential (uid),
  place text not null,
  version text,                          -- as the sink told it; null: the next look takes down what it finds
  until timestamptz not null,            -- the last moment at which a write of ours was under way
  attempt uuid,                          -- whose value it is; null where the one from before was written back
  slots_empty boolean not null,          -- an acceptor's second slot was emptied at the end
  primary key (credential, place)
);

-- What differs now. A row goes when it is not seen any more; what was, stands in the install's chain.
create table velvet.finding (
  credential uuid not null references velvet.credential (uid),
  place text not null,                   -- a consumer's id, '' for custody, '@vendor', '@account/<name>'
  kind text not null,
  grade text not null check (grade in ('value', 'version', 'presence', 'none', 'vendor')),
  state text not null check (state in ('suspected', 'open')),
  message text not null,
  digest text not null,                  -- changes when what is seen changes; keyed where it is made of values
  details jsonb not null default '{}',   -- no values
  since timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  accepted_by jsonb,                     -- who said that it may stay so, as long as its digest stays
  wanted_by jsonb,                       -- who said that it is to be corrected
  primary key (credential, place, kind)
);

-- Intent and outcome of every write that puts a place right again.
create table velvet.correction (
  id uuid primary key,
  credential uuid not null references velvet.credential (uid),
  place text not null,
  fence bigint not null,
  wanted_by jsonb,                       -- null: by the Credential's drift.mode
  intent_at timestamptz not null default clock_timestamp(),
  lands_until timestamptz not null,      -- until when its request may still take effect
  outcome text check (outcome in ('done', 'refused', 'unknown')),
  detail jsonb not null default '{}',
  outcome_at timestamptz
);
create index correction_recent on velvet.correction (credential, intent_at);

-- Which values stand in more than one Credential: fingerprints that do not depend on the Credential, keyed like all of them.
create table velvet.shared_print (
  credential uuid not null references velvet.credential (uid),
  field text not null,
  print text not null,
  primary key (credential, field)
);
create index shared_print_by_print on velvet.shared_print (print);

-- Existing Credentials are looked at over the first hour, not at once.
insert into velvet.drift_check (credential, next_check_at)
select k.uid, clock_timestamp() + random() * interval '1 hour' from velvet.credential k;

-- And what the last rotation of each left where is known already.
insert into velvet.held (credential, place, version, until, attempt, slots_empty)
select r.credential, c.id, c.facts ->> 'version', r.ended_at, k.current_attempt, true
from (
  select distinct on (l.credential) l.id, l.credential, l.ended_at, l.state
  from velvet.rotation l where l.ended_at is not null order by l.credential, l.ended_at desc) r
join velvet.credential k on k.uid = r.credential
join velvet.consumer c on c.rotation = r.id and c.state = 'working'
where r.state = 'done';

create function velvet.begin_drift() returns trigger language plpgsql as $$
begin
  insert into velvet.drift_check (credential, next_check_at)
  values (new.uid, clock_timestamp() + interval '1 minute') on conflict do nothing;
  return null;
end $$;
create trigger credential_is_watched after insert on velvet.credential
  for each row execute function velvet.begin_drift();

-- A rotation has ended: what it wrote is ours, whoever looks has to look anew, and does so soon. Of a consumer that was left out nobody
-- knows what it holds.
create function velvet.end_rotation() returns trigger language plpgsql as $$
begin
  insert into velvet.held as h (credential, place, version, until, attempt, slots_empty)
  select new.credential, c.id, c.facts ->> 'version', clock_timestamp(),
    case when c.state <> 'restored' then k.current_attempt end, new.state = 'done' or c.state = 'restored'
  from velvet.consumer c
  join velvet.credential k on k.uid = new.credential
  where c.rotation = new.id and (c.touched or c.facts ? 'writtenAt')
    and c.state in ('working', 'settled', 'written', 'restored')
  on conflict (credential, place) do update
    set version = excluded.version, until = excluded.until, attempt = excluded.attempt, slots_empty = excluded.slots_empty;
  delete from velvet.held h using velvet.consumer c
  where new.state = 'done' and h.credential = new.credential and c.rotation = new.id and c.id = h.place
    and c.state in ('skipped', 'inactive');
  update velvet.drift_check d
  set fence = d.fence + 1, claim = null, lease_until = '-infinity',
    next_check_at = clock_timestamp() + interval '1 minute' * (1 + random())
  where d.credential = new.credential;
  return null;
end $$;
create trigger rotation_has_ended after update on velvet.rotation
  for each row when (old.ended_at is null and new.ended_at is not null) execute function velvet.end_rotation();

-- No rotation begins while a correction of the same Credential may be under way, and none that has not heard of it. Emergencies do not wait.
create function velvet.await_corrections() returns trigger language plpgsql as $$
begin
  perform from velvet.credential k where k.uid = new.credential for update;
  if exists (
    select from velvet.correction c
    where c.credential = new.credential and (
      (c.outcome is null and c.lands_until > clock_timestamp())
      or c.intent_at > (new.facts -> 'entered' -> 0 ->> 'at')::timestamptz))
  then
    raise exception 'a correction of this credential is under way' using errcode = 'unique_violation';
  end if;
  return new;
end $$;
create trigger rotation_awaits_corrections before insert on velvet.rotation
  for each row when (new.flow <> 'Revocation') execute function velvet.await_corrections();

create function velvet.touch_credential() returns trigger language plpgsql as $$
begin
  perform velvet.touch('Credential', k.namespace || '/' || k.name) from velvet.credential k
  where k.uid = coalesce(new.credential, old.credential);
  return null;
end $$;
create trigger finding_is_shown after insert or delete on velvet.finding
  for each row execute function velvet.touch_credential();
create trigger finding_is_shown_anew after update on velvet.finding
  for each row when ((old.state, old.message, old.digest, old.accepted_by) is distinct from
    (new.state, new.message, new.digest, new.accepted_by))
  execute function velvet.touch_credential();
create trigger drift_check_is_shown after update on velvet.drift_check
  for each row when (old.state is distinct from new.state) execute function velvet.touch_credential();
