-- What is stalled in the namespace $1 is left to a person: nobody tries it again by itself. No row back: somebody is at work on it, or it
-- goes on.
update velvet.rotation r set next_action_at = 'infinity'
where r.namespace = $1 and r.ended_at is null and r.lease_until < clock_timestamp() and (
  (r.facts -> 'failure' ->> 'stalled')::boolean or exists (
    select from velvet.consumer c where c.rotation = r.id and (c.facts -> 'failure' ->> 'stalled')::boolean))
returning r.id
