-- A person revoked the retired id $2 of credential $1 by hand.
update velvet.retired
set state = 'manual', next_action_at = null, destroy_after = null, fence = fence + 1, changed_at = clock_timestamp()
where credential = $1 and vendor_id = $2
