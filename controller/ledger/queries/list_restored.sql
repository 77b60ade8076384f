-- What was found of each Credential since something is held, and which were not looked at yet, or not since they or their requests changed
-- (their truth is null)?
with asked as materialized (
  select q.namespace, q.spec -> 'credentialRef' ->> 'name' as name, max(q.changed_at) as changed_at from velvet.request q group by 1, 2
)
select c.uid as credential, c.namespace, c.name,
  case when s.looked_at >= greatest((select min(found_at) from velvet.hold), c.changed_at, a.changed_at) then s.truth end as truth,
  velvet.instant(s.looked_at) as "lookedAt"
from velvet.object c
left join velvet.restored s on s.credential = c.uid
left join asked a on a.namespace = c.namespace and a.name = c.name
where c.kind = 'Credential'
  and (c.present or exists (select from velvet.rotation r where r.credential = c.uid and r.ended_at is null))
order by c.namespace, c.name
