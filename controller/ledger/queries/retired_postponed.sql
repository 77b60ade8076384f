-- The retired id $2 of credential $1 could not be destroyed under fence $3: tried again $4 milliseconds from now, because of $5.
update velvet.retired
set tries = tries + 1, next_action_at = clock_timestamp() + $4 * interval '1 millisecond', lease_until = '-infinity',
  claim = null, error = $5::jsonb, changed_at = clock_timestamp()
where credential = $1 and vendor_id = $2 and fence = $3
returning rotation
