-- What does this ledger say of each Credential that was not looked at since $1, or not as it and its requests are now? The longest unseen
-- first, at most $2. One whose manifest is gone is among them as long as a rotation of it is under way.
with asked as materialized (
  select q.namespace, q.spec -> 'credentialRef' ->> 'name' as name, jsonb_agg(q.uid::text order by q.uid::text collate "C") as requests
  from velvet.request q where q.state = 'pending' group by 1, 2
)
select c.credential, c.namespace, c.name, c.generation, c.spec, statement_timestamp()::text as "readAt", c."currentId", c.fingerprint,
  c.accounts, c.retired, c.live, c.waiting
from velvet.credential_subject c
left join velvet.restored s on s.credential = c.credential
left join asked on asked.namespace = c.namespace and asked.name = c.name
where (s.looked_at is null or s.looked_at < $1::timestamptz
    or s.truth -> 'asOf' <> jsonb_build_object('generation', c.generation, 'requests', coalesce(asked.requests, '[]')))
  and (c.present or c.rotation is not null)
order by s.looked_at nulls first, c.namespace, c.name
limit $2
