-- Where does everything in the namespace $1 stand? Times are milliseconds since 1970; null: never, or not held. A look that had to put
-- something off has not come to its end.
with ms as (
  select r.id, r.name, r.state, r.facts, r.created_at, r.ended_at,
    case when isfinite(r.next_action_at) then extract(epoch from r.next_action_at) * 1000 end as at,
    case when isfinite(r.lease_until) then extract(epoch from r.lease_until) * 1000 end as held_until
  from velvet.rotation r where r.namespace = $1
)
select (
    select (extract(epoch from min(q.next_look_at)) * 1000)::double precision
    from velvet.request q where q.namespace = $1 and q.state = 'pending') as "requestAt",
  0 as late, (
    select count(*)::int from velvet.decision d
    where d.namespace = $1 and d.state = 'pending' and d.request_name is not null) as unanswered, (
    select count(*)::int from velvet.decision d
    where d.namespace = $1 and d.state = 'pending' and d.request_name is null
      and d.spec ->> 'action' not in ('CorrectDrift', 'AcceptDrift')) as "retiredDecisions", (
    select count(*)::int from velvet.decision d
    where d.namespace = $1 and d.state = 'pending' and d.spec ->> 'action' in ('CorrectDrift', 'AcceptDrift')) as "driftDecisions", (
    select json_build_object('state', c.state, 'at', extract(epoch from c.next_check_at) * 1000,
      'heldUntil', case when c.lease_until > clock_timestamp() then extract(epoch from c.lease_until) * 1000 end,
      'checkedAt', case when c.postponed is null then extract(epoch from c.checked_at) * 1000 end, 'findings', (
        select coalesce(json_agg(json_build_object('place', f.place, 'kind', f.kind, 'state', f.state,
          'isSettled', f.accepted_by is not null or f.wanted_by is not null) order by f.place, f.kind), '[]')
        from velvet.finding f where f.credential = c.credential))
    from velvet.drift_check c join velvet.credential k on k.uid = c.credential where k.namespace = $1) as drift, (
    select coalesce(json_agg(json_build_object('id', ms.id, 'namespace', $1::text, 'name', ms.name, 'state', ms.state, 'facts', ms.facts,
      'at', ms.at, 'heldUntil', ms.held_until, 'ended', ms.ended_at is not null, 'consumers', (
        select coalesce(json_agg(json_build_object('id', c.id, 'state', c.state, 'facts', c.facts) order by c.id), '[]')
        from velvet.consumer c where c.rotation = ms.id)) order by ms.created_at, ms.name), '[]')
    from ms) as rotations, (
    select coalesce(json_agg(json_build_object('vendorId', o.vendor_id, 'state', o.state, 'tries', o.tries,
      'at', extract(epoch from o.next_action_at) * 1000, 'heldUntil', null) order by o.vendor_id), '[]')
    from velvet.retired o join velvet.credential k on k.uid = o.credential where k.namespace = $1) as retired, (
    select coalesce(json_agg(json_build_object('looks', t.looks, 'at', extract(epoch from t.next_action_at) * 1000,
      'heldUntil', null)), '[]')
    from velvet.tombstone t join ms on ms.id = t.rotation where t.state = 'watching') as tombstones
