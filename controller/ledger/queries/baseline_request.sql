-- Request $1 was executed in the time that is lost, as far as anybody can tell: it never becomes a rotation.
update velvet.request
set state = 'baseline', reason = $2, message = $3, changed_at = clock_timestamp()
where uid = $1 and state = 'pending'
returning uid
