-- Every mint class: attempts whose outcome stayed unknown, tombstones with a life of their own, acceptors with two slots.

alter table velvet.attempt drop constraint attempt_state_check;
alter table velvet.attempt add constraint attempt_state_check
  check (state in ('open', 'minted', 'burned', 'lost', 'current', 'revoked'));

-- A credential that may exist at a vendor and must be found dead: looked for again and again until its last look is clean.
alter table velvet.tombstone add column tries integer not null default 0;    -- failures in a row
alter table velvet.tombstone add column error jsonb;                          -- {reason, message}: why the last look failed
alter table velvet.tombstone add column found jsonb not null default '[]';    -- ids that were found, for people
alter table velvet.tombstone add constraint tombstone_one_each unique (attempt);
drop index velvet.tombstone_due;
create index tombstone_due on velvet.tombstone (next_action_at) where next_action_at is not null;
create index tombstone_of_rotation on velvet.tombstone (rotation);

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
    from velvet.tombstone t where t.rotation = r.id) as tombstones
from velvet.rotation r
join velvet.request q on q.uid = r.request
join velvet.credential k on k.uid = r.credential;
