-- What was found of each Credential since something is held, and which were not looked at yet, or not as they and their requests are now
-- (their truth is null)?
with asked as materialized (
  select q.namespace, q.spec -> 'credentialRef' ->> 'name' as name, jsonb_agg(q.uid::text order by q.uid::text collate "C") as requests
  from velvet.request q where q.state = 'pending' group by 1, 2
)
select c.uid as credential, c.namespace, c.name,
  case when s.looked_at >= (select min(found_at) from velvet.hold)
    and s.truth -> 'asOf' = jsonb_build_object('generation', c.generation, 'requests', coalesce(a.requests, '[]')) then s.truth end as truth,
  velvet.instant(s.looked_at) as "lookedAt"
from velvet.object c
left join velvet.restored s on s.credential = c.uid
left join asked a on a.namespace = c.namespace and a.name = c.name
where c.kind = 'Credential'
  and (c.present or exists (select from velvet.rotation r where r.credential = c.uid and r.ended_at is null))
order by c.namespace, c.name
