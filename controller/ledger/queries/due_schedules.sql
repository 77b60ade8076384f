-- For which Credentials has the schedule to be reckoned again: new, changed, or due for a look? At most $1, the longest due first.
-- `overdue` counts all whose start has passed, so that a backlog is spread.
select c.uid, c.namespace, c.name, c.generation, c.trust, c.spec -> 'rotation' as rotation,
  coalesce((c.spec ->> 'suspend')::boolean, false) as suspended, c.spec ->> 'environment' as environment,
  velvet.instant(c.first_seen_at) as "firstSeenAt", velvet.instant(k.issued_at) as "issuedAt", k.changed_at::text as "knownAt",
  e.expires_at as "expiresAt", f.failures, f.last_failed_at as "lastFailedAt", (
    select r.name from velvet.rotation r where r.credential = c.uid and r.ended_at is null) as live, (
    select q.name from velvet.request q
    where q.namespace = c.namespace and q.spec -> 'credentialRef' ->> 'name' = c.name and q.state = 'pending' limit 1) as asked,
  velvet.instant(clock_timestamp()) as now, (
    select count(*) from velvet.schedule b
    where b.starts_at <= clock_timestamp() and b.waits_for = '') as overdue
from velvet.object c
left join velvet.credential k on k.uid = c.uid
left join velvet.schedule s on s.credential = c.uid
left join lateral (
  select r.facts ->> 'expiresAt' as expires_at
  from velvet.attempt a join velvet.rotation r on r.id = a.rotation where a.id = k.current_attempt) e on true
left join lateral (
  select count(*) as failures, velvet.instant(max(coalesce(r.ended_at, q.changed_at))) as last_failed_at
  from velvet.request q left join velvet.rotation r on r.id = q.rotation
  where q.namespace = c.namespace and q.spec -> 'credentialRef' ->> 'name' = c.name and q.origin ->> 'kind' = 'schedule'
    and q.appeared_at > coalesce(k.issued_at, c.first_seen_at)
    and (q.state in ('refused', 'expired') or (r.ended_at is not null and r.state <> 'done'))) f on true
where c.kind = 'Credential' and c.present and (
  s.credential is null or s.generation <> c.generation or s.known_at is distinct from k.changed_at
  or s.next_look_at <= clock_timestamp())
order by s.starts_at nulls first, c.uid
limit $1
