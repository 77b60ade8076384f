-- What does rotation $1 look like under fence $2, sealed values included? Its snapshot never changes: only where $3 asks for it.
-- No row: somebody else holds it. Looked up by its key alone: the index of what is due is short only on paper.
select w.id, w.namespace, w.name, w.credential, w.credential_name, w.flow, w.expect, w.state, w.snapshot_hash, w.facts,
  w.wakes, w.created_at, w.changed_at, w.ended_at, w.next_action_at, w.lease_until, w.claimed_by, w.deadline,
  w.current_id, w.fingerprint, w.expires_at, w.due_at, w.consumers, w.attempts, w.decisions, w.retired, w.mints_today, w.tombstones,
  clock_timestamp() as now, case when $3 then w.snapshot end as snapshot, (
    select encode(r.sealed_previous, 'base64') from velvet.rotation r where r.id = $1) as sealed_previous, (
    select encode(r.sealed_slots, 'base64') from velvet.rotation r where r.id = $1) as sealed_slots, (
    select json_object_agg(a.id, encode(a.sealed, 'base64'))
    from velvet.attempt a where a.rotation = $1 and a.sealed is not null) as sealed_attempts
from velvet.rotation_world w
where w.id = $1 and w.fence = $2
