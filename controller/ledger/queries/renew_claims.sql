-- Which of the claims $1 are still ours? Renews them until $2 milliseconds from now.
update velvet.rotation
set lease_until = clock_timestamp() + $2 * interval '1 millisecond'
where claim = any ($1::uuid[]) and ended_at is null
returning claim
