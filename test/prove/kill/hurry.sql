-- The rotations of namespace $1 are over: what is still to come of its tombstones and its retired ids comes now, not in a day.
with stones as (
  update velvet.tombstone t set next_action_at = clock_timestamp()
  from velvet.rotation r
  where r.id = t.rotation and r.namespace = $1 and t.next_action_at > clock_timestamp()
)
update velvet.retired o set next_action_at = clock_timestamp()
from velvet.credential k
where k.uid = o.credential and k.namespace = $1 and o.next_action_at > clock_timestamp()
