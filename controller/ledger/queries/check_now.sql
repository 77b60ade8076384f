-- Credential $1 is looked at as soon as somebody can.
update velvet.drift_check set next_check_at = clock_timestamp() where credential = $1
