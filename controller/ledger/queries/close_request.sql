-- Request $1 will never become a rotation: $2 refused or expired, for this reason ($3, $4). No row back: it is not pending any more.
update velvet.request
set state = $2, reason = $3, message = $4, changed_at = clock_timestamp()
where uid = $1 and state = 'pending'
returning uid
