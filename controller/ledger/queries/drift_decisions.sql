-- Which decisions about drift wait for an answer, and what is known of each Credential? At most $1.
select d.uid, d.namespace, d.name, d.spec, d.trust, o.uid as credential, o.spec as "credentialSpec", (
    select r.name from velvet.rotation r where r.credential = o.uid and r.ended_at is null) as live, (
    select coalesce(jsonb_agg(jsonb_build_object('place', f.place, 'kind', f.kind, 'state', f.state)), '[]')
    from velvet.finding f where f.credential = o.uid) as findings, coalesce((
    select bool_or((a.spec ->> 'twoPerson')::boolean) from velvet.object a
    where a.kind = 'VendorAccount' and a.present and a.name in (
      select jsonb_path_query(o.spec, 'strict $.**.account') #>> '{}')), false) as "twoPerson"
from velvet.decision d
left join velvet.object o
  on o.kind = 'Credential' and o.namespace = d.namespace and o.name = d.credential_name and o.present
where d.state = 'pending' and d.spec ->> 'action' in ('CorrectDrift', 'AcceptDrift')
  and ($2 or d.spec ->> 'action' <> 'CorrectDrift')
order by d.appeared_at, d.name
limit $1
