-- The look at credential $1 under fence $2 was given up for $3; the next one is due in $4 milliseconds.
update velvet.drift_check
set lease_until = '-infinity', claim = null, postponed = $3,
  next_check_at = clock_timestamp() + $4::float8 * interval '1 millisecond'
where credential = $1 and fence = $2
