-- For what is a person waited for outside of rotations, by when must it be answered, and how often was somebody reminded? Those too that are
-- over and still counted (`waits` false). $1 reasons of requests that end by themselves; at most $2, the longest first.
with waiting as (
  select 'admission' as kind, q.uid as subject, q.namespace, q.name, coalesce(h.reason, q.reason) as about,
    case when h.reason is null then q.changed_at else greatest(q.appeared_at, h.found_at) end as since, q.deadline, c.uid as credential
  from velvet.request q
  left join velvet.object c
    on c.kind = 'Credential' and c.namespace = q.namespace and c.name = q.spec -> 'credentialRef' ->> 'name' and c.present
  left join lateral (select reason, found_at from velvet.hold order by found_at limit 1) h on true
  where q.state = 'pending' and (h.reason is not null or q.reason <> all ($1::text[]))
  union all
  select 'fight', f.credential, c.namespace, c.name, string_agg(f.place, ', ' order by f.place), min(f.since), null, f.credential
  from velvet.finding f join velvet.object c on c.uid = f.credential and c.present
  where f.kind = 'DriftFight' and f.state = 'open' and f.accepted_by is null and f.wanted_by is null
  group by f.credential, c.namespace, c.name
)
select coalesce(w.kind, k.kind) as kind, coalesce(w.subject, k.subject) as subject, coalesce(w.namespace, k.namespace) as namespace,
  coalesce(w.name, k.name) as name, coalesce(w.about, k.about) as about, w.kind is not null as waits,
  velvet.instant(coalesce(k.since, w.since)) as since, velvet.instant(w.deadline) as deadline,
  e.expires_at as "expiresAt", velvet.instant(s.due_at) as "dueAt", k.kind is not null as counted, coalesce(k.reminders, 0)::bigint as reminders,
  velvet.instant(k.remind_at) as "remindAt", velvet.instant(k.reminded_at) as "remindedAt", velvet.instant(k.escalated_at) as "escalatedAt",
  velvet.instant(clock_timestamp()) as now
from waiting w
full join velvet.wait k on k.kind = w.kind and k.subject = w.subject
left join velvet.schedule s on s.credential = w.credential
left join lateral (
  select r.facts ->> 'expiresAt' as expires_at
  from velvet.credential o join velvet.attempt a on a.id = o.current_attempt join velvet.rotation r on r.id = a.rotation
  where o.uid = w.credential) e on true
order by coalesce(k.since, w.since), 2
limit $2
