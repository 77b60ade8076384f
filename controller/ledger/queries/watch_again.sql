-- The vendor has what the attempt $1 made, which nobody owns: the reaper looks at it at once, and makes sure a day later. No row back: it is
-- being watched, or is in somebody's hands by now.
insert into velvet.tombstone as t (id, rotation, attempt, marker, vendor_id, looks, next_action_at)
select gen_random_uuid(), a.rotation, a.id, a.marker, null, $2, clock_timestamp()
from velvet.attempt a join velvet.rotation r on r.id = a.rotation
where a.id = $1 and a.state in ('burned', 'lost') and r.ended_at is not null
on conflict (attempt) do update
  set state = 'watching', looks = excluded.looks, next_action_at = excluded.next_action_at, tries = 0, error = null, fence = t.fence + 1,
    changed_at = clock_timestamp()
  where t.state <> 'watching'
returning t.rotation
