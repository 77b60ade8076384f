-- What was found of each Credential since something is held, and which were not looked at yet, or not since they or their requests changed
-- (their truth is null)?
select c.uid as credential, c.namespace, c.name,
  case when s.looked_at >= (select min(found_at) from velvet.hold) and s.looked_at >= c.changed_at and not exists (
    select from velvet.request q
    where q.namespace = c.namespace and q.spec -> 'credentialRef' ->> 'name' = c.name and q.changed_at > s.looked_at)
  then s.truth end as truth,
  velvet.instant(s.looked_at) as "lookedAt"
from velvet.object c
left join velvet.restored s on s.credential = c.uid
where c.kind = 'Credential'
  and (c.present or exists (select from velvet.rotation r where r.credential = c.uid and r.ended_at is null))
order by c.namespace, c.name
