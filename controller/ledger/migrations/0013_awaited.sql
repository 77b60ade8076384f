-- By when a person must have answered: what a rotation waits for is told aloud before the credential in use expires or falls due.
create or replace view velvet.rotation_world as
select r.id, r.namespace, r.name, r.credential, r.credential_name, r.flow, r.expect, r.state, r.snapshot, r.snapshot_hash,
  r.facts, r.fence, r.wakes, r.created_at, r.changed_at, r.ended_at, r.next_action_at, r.lease_until, r.claimed_by, q.deadline,
  k.current_id, k.fingerprint,
  (select json_agg(json_build_object('id', c.id, 'state', c.state, 'touched', c.touched, 'facts', c.facts) order by c.id)
    from velvet.consumer c where c.rotation = r.id) as consumers,
  (select json_agg(json_strip_nulls(json_build_object(
      'id', a.id, 'number', a.number, 'marker', a.marker, 'state', a.state, 'inventory', a.inventory,
      'deadline', velvet.instant(a.deadline), 'vendorId', a.vendor_id, 'fingerprint', a.fingerprint,
      'createdAt', velvet.instant(a.created_at), 'aliveAt', a.facts -> 'aliveAt', 'graceUntil', a.facts -> 'graceUntil'))
      order by a.number)
    from velvet.attempt a where a.rotation = r.id) as attempts,
  (select json_agg(json_build_object(
      'uid', d.uid, 'name', d.name, 'spec', d.spec, 'trust', d.trust, 'state', d.state, 'reason', d.reason,
      'message', d.message, 'appearedAt', velvet.instant(d.appeared_at)) order by d.appeared_at, d.name)
    from velvet.decision d where d.namespace = r.namespace and d.request_name = r.name) as decisions,
  (select json_agg(json_strip_nulls(json_build_object(
      'vendorId', o.vendor_id, 'rotation', o.rotation, 'state', o.state,
      'destroyAfter', velvet.instant(o.destroy_after))) order by o.changed_at)
    from velvet.retired o where o.credential = r.credential) as retired,
  (select count(*) from velvet.attempt a
    where a.credential = r.credential and a.state <> 'burned' and a.created_at > clock_timestamp() - interval '24 hours')
    as mints_today,
  (select json_agg(json_strip_nulls(json_build_object(
      'attempt', t.attempt, 'state', t.state, 'looks', t.looks, 'found', t.found, 'error', t.error,
      'nextLookAt', velvet.instant(t.next_action_at))) order by t.created_at)
    from velvet.tombstone t where t.rotation = r.id) as tombstones,
  (select m.facts ->> 'expiresAt' from velvet.attempt a join velvet.rotation m on m.id = a.rotation where a.id = k.current_attempt)
    as expires_at,
  (select velvet.instant(s.due_at) from velvet.schedule s where s.credential = r.credential) as due_at
from velvet.rotation r
join velvet.request q on q.uid = r.request
join velvet.credential k on k.uid = r.credential;
