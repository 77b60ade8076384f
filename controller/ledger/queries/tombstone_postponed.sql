-- The look at tombstone $1 failed under fence $2: again $3 milliseconds from now, because of $4, in state $5. No row back: fenced.
update velvet.tombstone
set tries = tries + 1, error = $4::jsonb, state = $5, claim = null, lease_until = '-infinity',
  next_action_at = clock_timestamp() + $3::double precision * interval '1 millisecond', changed_at = clock_timestamp()
where id = $1 and fence = $2
returning rotation
