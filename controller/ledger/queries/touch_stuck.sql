-- Which rotations have been due for $1 milliseconds with nothing recorded of them, and were not looked at since? Whoever projects them
-- looks again: nothing else would say that time has passed.
insert into velvet.outbox as b (topic, key)
select 'rotation', r.id
from velvet.rotation r
cross join lateral (
  select greatest(r.next_action_at, r.changed_at) + $1::float8 * interval '1 millisecond' as at) stuck
where r.ended_at is null and stuck.at < clock_timestamp() and not exists (
  select from velvet.outbox seen where seen.topic = 'rotation' and seen.key = r.id::text and seen.changed_at > stuck.at)
on conflict (topic, key) do update set version = b.version + 1, changed_at = clock_timestamp()
returning b.key
