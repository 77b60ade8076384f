-- The retired id $2 of credential $1 was destroyed under fence $3; $4 is what outlives it. No row back: fenced.
update velvet.retired
set state = 'destroyed', next_action_at = null, lease_until = '-infinity', claim = null, error = null,
  residual = residual || $4::jsonb, changed_at = clock_timestamp()
where credential = $1 and vendor_id = $2 and fence = $3
returning rotation
