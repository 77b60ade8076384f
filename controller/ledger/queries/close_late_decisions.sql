-- Which decisions came for a rotation that has ended, or for a request that never became one? They are refused.
update velvet.decision d
set state = 'refused', decided_at = clock_timestamp(),
  reason = case when q.state = 'accepted' then 'RotationEnded' else 'NotRotating' end,
  message = case when q.state = 'accepted' then 'The rotation has ended: nothing is left to decide.'
    else 'The request is ' || q.state || ' (' || q.reason || '): there is nothing to decide.' end
from velvet.request q
left join velvet.rotation r on r.id = q.rotation
where d.state = 'pending' and q.namespace = d.namespace and q.name = d.request_name
  and (q.state in ('refused', 'expired', 'baseline') or (q.state = 'accepted' and r.ended_at is not null))
returning d.namespace, d.name, d.request_name as "requestName", d.spec ->> 'action' as action,
  d.spec ->> 'decidedBy' as "decidedBy", d.reason
