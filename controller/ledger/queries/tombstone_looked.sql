-- The tombstone $1 was looked at under fence $2: it is in state $3 now, found the ids $4 so far, and is looked at again $5 milliseconds
-- from now (null: never). No row back: fenced.
update velvet.tombstone
set state = $3, found = found || $4::jsonb, looks = looks + $6, tries = 0, error = null, claim = null, lease_until = '-infinity',
  next_action_at = clock_timestamp() + $5::double precision * interval '1 millisecond', changed_at = clock_timestamp()
where id = $1 and fence = $2
returning rotation
