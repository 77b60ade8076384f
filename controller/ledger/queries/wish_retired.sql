-- The retired id $2 of credential $1 shall be $3 (destroy or restore) now.
update velvet.retired
set wish = $3, next_action_at = clock_timestamp(), tries = 0, error = null, changed_at = clock_timestamp()
where credential = $1 and vendor_id = $2
