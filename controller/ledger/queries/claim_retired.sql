-- Which retired ids are due to be destroyed, or brought back? Claims up to $1 until $2 milliseconds from now.
update velvet.retired o
set fence = o.fence + 1, claim = gen_random_uuid(), lease_until = clock_timestamp() + $2 * interval '1 millisecond'
from velvet.rotation r
where r.id = o.rotation and o.lease_until < clock_timestamp() and (o.credential, o.vendor_id) in (
  select due.credential, due.vendor_id from velvet.retired due
  where due.next_action_at <= now() and due.lease_until < now() and due.state in ('quarantined', 'live', 'restored')
  order by due.next_action_at
  limit $1
  for update skip locked)
returning o.credential, o.vendor_id as "vendorId", o.rotation, o.state, o.wish, o.fence, o.tries, r.snapshot
