-- What is there to do in the namespace $1, and when? Times are milliseconds since 1970; absent: never, or not held.
select sim.ms(min(q.next_look_at) filter (where q.state = 'pending')) as "requestAt", (
    select count(*)::int from velvet.decision d
    left join velvet.request r on r.namespace = d.namespace and r.name = d.request_name
    left join velvet.rotation o on o.id = r.rotation
    where d.namespace = $1 and d.state = 'pending' and d.request_name is not null
      and (r.state in ('refused', 'expired', 'baseline') or o.ended_at is not null)) as late, (
    select count(*)::int from velvet.decision d
    where d.namespace = $1 and d.state = 'pending' and d.request_name is null
      and d.spec ->> 'action' not in ('CorrectDrift', 'AcceptDrift')) as "retiredDecisions", (
    select count(*)::int from velvet.decision d
    where d.namespace = $1 and d.state = 'pending' and d.spec ->> 'action' in ('CorrectDrift', 'AcceptDrift')) as "driftDecisions", (
    select json_build_object('state', c.state, 'at', sim.ms(c.next_check_at), 'heldUntil', sim.ms(c.lease_until),
      'checkedAt', sim.ms(c.checked_at), 'findings', (
        select coalesce(json_agg(json_build_object('place', f.place, 'kind', f.kind, 'state', f.state,
          'isSettled', f.accepted_by is not null or f.wanted_by is not null) order by f.place, f.kind), '[]')
        from velvet.finding f where f.credential = c.credential))
    from velvet.drift_check c join velvet.credential k on k.uid = c.credential where k.namespace = $1) as drift, (
    select coalesce(json_agg(json_build_object(
      'id', r.id, 'namespace', r.namespace, 'name', r.name, 'state', r.state, 'facts', r.facts, 'at', sim.ms(r.next_action_at),
      'heldUntil', sim.ms(r.lease_until), 'ended', r.ended_at is not null, 'consumers', (
        select coalesce(json_agg(json_build_object('id', c.id, 'state', c.state, 'facts', c.facts) order by c.id), '[]')
        from velvet.consumer c where c.rotation = r.id)) order by r.created_at, r.name), '[]')
    from velvet.rotation r where r.namespace = $1) as rotations, (
    select coalesce(json_agg(json_build_object(
      'vendorId', o.vendor_id, 'state', o.state, 'at', sim.ms(o.next_action_at), 'heldUntil', sim.ms(o.lease_until),
      'tries', o.tries) order by o.vendor_id), '[]')
    from velvet.retired o join velvet.credential k on k.uid = o.credential where k.namespace = $1) as retired, (
    select coalesce(json_agg(json_build_object(
      'state', t.state, 'at', sim.ms(t.next_action_at), 'heldUntil', sim.ms(t.lease_until), 'looks', t.looks)), '[]')
    from velvet.tombstone t join velvet.rotation r on r.id = t.rotation
    where r.namespace = $1 and t.next_action_at is not null) as tombstones
from velvet.request q
where q.namespace = $1
