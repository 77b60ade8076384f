-- Which rotations are due? Claims up to $1 of them for $2 (who) until $3 milliseconds from now.
update velvet.rotation r
set fence = r.fence + 1, claim = gen_random_uuid(), claimed_by = $2,
  lease_until = clock_timestamp() + $3 * interval '1 millisecond'
where r.lease_until < clock_timestamp() and r.id in (
  select due.id from velvet.rotation due
  where due.ended_at is null and due.next_action_at <= now() and due.lease_until < now()
  order by due.next_action_at
  limit $1
  for update skip locked)
returning r.id, r.fence, r.claim, r.chain_seq as "chainSeq", r.chain_hash as "chainHash"
