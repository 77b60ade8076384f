-- The retired id $2 of credential $1 came to state $4 under fence $3; $5 is what outlives it. No row back: fenced.
update velvet.retired
set state = $4, next_action_at = null, destroy_after = null, lease_until = '-infinity', claim = null, error = null,
  residual = residual || $5::jsonb, changed_at = clock_timestamp()
where credential = $1 and vendor_id = $2 and fence = $3
returning rotation
