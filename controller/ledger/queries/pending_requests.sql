-- Which requests wait to become rotations, and what is known for each: at most $1.
select q.uid, q.namespace, q.name, q.spec, velvet.instant(q.deadline) as deadline,
  velvet.instant(q.appeared_at) as "appearedAt", q.trust, q.origin,
  velvet.instant(clock_timestamp()) as now, c.uid as "credentialUid", c.generation as "credentialGeneration",
  c.spec as "credentialSpec", (
    select r.name from velvet.rotation r where r.credential = c.uid and r.ended_at is null) as live, (
    select r.flow from velvet.rotation r where r.credential = c.uid and r.ended_at is null) as "liveFlow",
  case when q.spec ->> 'flow' = 'Revocation' then (
    select jsonb_build_object(
      'ofCredential', count(*) filter (where r.credential = c.uid),
      'ofAccount', count(*) filter (
        where r.snapshot #>> '{credential,spec,issuer,account}' = c.spec #>> '{issuer,account}'))
    from velvet.rotation r
    where r.flow = 'Revocation' and r.created_at > clock_timestamp() - interval '1 hour') end as revocations,
  (
    select velvet.instant(greatest(max(r.ended_at), (
      select max(coalesce(t.outcome_at, t.intent_at)) from velvet.correction t where t.credential = c.uid)))
    from velvet.rotation r where r.credential = c.uid) as "lastEndedAt", (
    select r.facts ->> 'expiresAt'
    from velvet.credential k join velvet.attempt a on a.id = k.current_attempt join velvet.rotation r on r.id = a.rotation
    where k.uid = c.uid) as "expiresAt", (
    select coalesce(jsonb_object_agg(a.name, jsonb_build_object('generation', a.generation, 'spec', a.spec)), '{}')
    from velvet.object a
    where a.kind = 'VendorAccount' and a.present and a.name in (
      select jsonb_path_query(c.spec, 'strict $.**.account') #>> '{}')) as accounts
from velvet.request q
left join velvet.object c
  on c.kind = 'Credential' and c.namespace = q.namespace and c.name = q.spec -> 'credentialRef' ->> 'name' and c.present
where q.state = 'pending' and q.next_look_at <= now()
order by q.appeared_at, q.name
limit $1
