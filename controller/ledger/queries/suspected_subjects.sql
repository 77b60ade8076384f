-- What does this ledger say of the Credentials with these uids ($1)? While a rotation of one is under way nothing is concluded about it.
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
where c.kind = 'Credential' and c.present and c.uid = any ($1::uuid[]) and v.id is null
order by c.namespace, c.name
