-- Which decisions about retired ids wait for an answer, and what is known of each id? At most $1.
select d.uid, d.namespace, d.name, d.spec, d.trust, k.uid as credential, k.current_id as "currentId",
  o.state, o.wish, o.next_action_at is not null as due, (
    select r.name from velvet.rotation r where r.credential = k.uid and r.ended_at is null) as live, (
    select r.snapshot from velvet.rotation r where r.id = o.rotation) as snapshot
from velvet.decision d
left join velvet.credential k on k.namespace = d.namespace and k.name = d.credential_name
left join velvet.retired o on o.credential = k.uid and o.vendor_id = d.spec ->> 'vendorId'
where d.state = 'pending' and d.request_name is null and d.spec ->> 'action' not in ('CorrectDrift', 'AcceptDrift')
order by d.appeared_at, d.name
limit $1
