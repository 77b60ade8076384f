-- Decision $1 is answered: $2 accepted or refused, for this reason ($3, $4). No row back: it was answered already.
update velvet.decision
set state = $2, reason = $3, message = $4, decided_at = clock_timestamp()
where uid = $1 and state = 'pending'
returning uid
