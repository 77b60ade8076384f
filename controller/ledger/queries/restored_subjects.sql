-- What does this ledger say of each Credential that was not looked at since $1, or not as it and its requests are now? The longest unseen
-- first, at most $2. One whose manifest is gone is among them as long as a rotation of it is under way.
with asked as materialized (
  select q.namespace, q.spec -> 'credentialRef' ->> 'name' as name, jsonb_agg(q.uid::text order by q.uid::text collate "C") as requests
  from velvet.request q where q.state = 'pending' group by 1, 2
)
select c.uid as credential, c.namespace, c.name, c.generation, c.spec, statement_timestamp()::text as "readAt",
  coalesce(k.current_id, v.facts #>> '{verify,previousId}') as "currentId",
  coalesce(k.fingerprint, v.facts #>> '{verify,previousFingerprint}') as fingerprint, (
    select coalesce(jsonb_object_agg(a.name, jsonb_build_object('generation', a.generation, 'spec', a.spec)), '{}')
    from velvet.object a
    where a.kind = 'VendorAccount' and a.present and a.name in (
      select jsonb_path_query(c.spec, 'strict $.**.account') #>> '{}')) as accounts, (
    select coalesce(jsonb_agg(jsonb_build_object('vendorId', o.vendor_id, 'state', o.state)), '[]')
    from velvet.retired o where o.credential = c.uid) as retired, (
    select jsonb_build_object('id', r.id, 'name', r.name, 'state', r.state, 'flow', r.flow, 'attempt', (
      select jsonb_strip_nulls(jsonb_build_object(
        'id', t.id, 'state', t.state, 'vendorId', t.vendor_id, 'sealed', translate(encode(t.sealed, 'base64'), E'\n', '')))
      from velvet.attempt t where t.rotation = r.id and t.state in ('open', 'minted', 'current')
      order by t.number desc limit 1))
    from velvet.rotation r where r.credential = c.uid and r.ended_at is null) as live, (
    select coalesce(jsonb_agg(jsonb_build_object('uid', q.uid, 'name', q.name, 'flow', q.spec ->> 'flow', 'expect', q.spec ->> 'expect')
      order by q.name), '[]')
    from velvet.request q
    where q.state = 'pending' and q.namespace = c.namespace and q.spec -> 'credentialRef' ->> 'name' = c.name) as waiting
from velvet.object c
left join velvet.credential k on k.uid = c.uid
left join velvet.rotation v on v.credential = c.uid and v.ended_at is null
left join velvet.restored s on s.credential = c.uid
left join asked on asked.namespace = c.namespace and asked.name = c.name
where c.kind = 'Credential' and (s.looked_at is null or s.looked_at < $1::timestamptz
    or s.truth -> 'asOf' <> jsonb_build_object('generation', c.generation, 'requests', coalesce(asked.requests, '[]')))
  and (c.present or v.id is not null)
order by s.looked_at nulls first, c.namespace, c.name
limit $2
