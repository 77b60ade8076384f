-- How do the Credentials stand between rotations? $1 namespaces and $2 names, or null for all of them; $3: only those that differ.
select o.namespace, o.name, o.spec -> 'drift' ->> 'mode' as mode, c.state, c.postponed, velvet.instant(c.checked_at) as "checkedAt",
  velvet.instant(c.next_check_at) as "nextCheckAt", velvet.instant(c.changed_at) as "changedAt",
  coalesce(c.facts -> 'places', '{}') as places, (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'place', f.place, 'kind', f.kind, 'grade', f.grade, 'state', f.state, 'message', f.message, 'digest', f.digest,
      'details', f.details, 'since', velvet.instant(f.since), 'lastSeenAt', velvet.instant(f.last_seen_at),
      'acceptedBy', f.accepted_by, 'wantedBy', f.wanted_by)) order by f.since, f.place, f.kind), '[]')
    from velvet.finding f where f.credential = c.credential) as findings
from velvet.drift_check c
join velvet.object o on o.uid = c.credential and o.present
where ($1::text[] is null or (o.namespace, o.name) in (select * from unnest($1, $2::text[])))
  and (not $3 or exists (select from velvet.finding f where f.credential = c.credential and f.state = 'open'))
order by o.namespace, o.name
