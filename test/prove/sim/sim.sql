-- A clock of the database's own: what Velvet's SQL calls clock_timestamp(), now() and gen_random_uuid() are these, as the schema sim
-- stands before pg_catalog in this database's search_path. The session says what time it is (sim.now) and whose telling this is.
create schema sim;

create function sim.clock_timestamp() returns timestamptz language sql volatile parallel safe as $$
  select current_setting('sim.now')::timestamptz
$$;

create function sim.now() returns timestamptz language sql stable parallel safe as $$
  select current_setting('sim.now')::timestamptz
$$;

-- What is spread by chance is in the middle of its spread.
create function sim.random() returns double precision language sql immutable parallel safe as $$ select 0.5::float8 $$;

create sequence sim.ids;

-- Of this telling, by its number in front; the rest is the same each time that it is told.
create function sim.gen_random_uuid() returns uuid language sql volatile as $$
  select (current_setting('sim.telling') || substr(md5(nextval('sim.ids')::text), 9))::uuid
$$;

-- The ledger's owner too: what it may not use is no part of its search path, and nothing would bind to it.
grant usage on schema sim to public;
grant usage, update on sequence sim.ids to public;

-- Milliseconds since 1970; null for what is not finite.
create function sim.ms(at timestamptz) returns double precision language sql stable parallel safe as $$
  select case when isfinite(at) then (extract(epoch from at) * 1000)::double precision end
$$;

-- What a telling left open is closed, so that nobody works on it in the next one; and the install's chain begins anew.
create function sim.begin(telling text) returns void language plpgsql security definer as $$
begin
  perform setval('sim.ids', 1, false), set_config('sim.telling', telling, false);
  update velvet.drift_check set next_check_at = 'infinity', lease_until = '-infinity' where next_check_at <> 'infinity';
  update velvet.rotation set ended_at = clock_timestamp(), sealed_previous = null, sealed_slots = null where ended_at is null;
  update velvet.object set present = false where kind = 'Credential' and present;
  update velvet.request set state = 'expired' where state = 'pending';
  update velvet.decision set state = 'baseline' where state = 'pending';
  update velvet.retired set next_action_at = null where next_action_at is not null;
  update velvet.tombstone set state = 'clear', next_action_at = null where next_action_at is not null;
  -- The same telling again has the same values.
  delete from velvet.shared_print;
  delete from velvet.audit where chain = 'install';
  delete from velvet.audit_words where chain = 'install';
  delete from velvet.actor;
  update velvet.lease set facts = '{"seq": 0, "hash": ""}' where name = 'install-chain';
  insert into velvet.source (name, kind, baseline) values (telling, 'git', true);
end $$;
