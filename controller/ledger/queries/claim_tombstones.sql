-- Which tombstones are due for a look? Claims up to $1 until $2 milliseconds from now.
update velvet.tombstone t
set fence = t.fence + 1, claim = gen_random_uuid(), lease_until = clock_timestamp() + $2 * interval '1 millisecond'
from velvet.rotation r, velvet.attempt a
where r.id = t.rotation and a.id = t.attempt and t.lease_until < clock_timestamp() and t.id in (
  select due.id from velvet.tombstone due
  where due.next_action_at <= now() and due.lease_until < now()
  order by due.next_action_at
  limit $1
  for update skip locked)
returning t.id, t.rotation, t.attempt, r.credential, t.fence, t.looks, t.tries, r.snapshot, a.marker, a.inventory,
  velvet.instant(a.created_at) as "createdAt"
