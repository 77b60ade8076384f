-- Which accounts that issue credentials are due for a sweep, and which different issuers do Credentials declare there, those too whose manifest
-- is gone? At most $1 accounts.
with issuing as materialized (
  select distinct c.spec #>> '{issuer,account}' as account from velvet.object c where c.kind = 'Credential'
)
select a.name as account, a.generation, a.spec, (
    select jsonb_agg(x.issuer) from (
      select distinct on (c.spec -> 'issuer') jsonb_build_object('uid', c.uid, 'namespace', c.namespace, 'name', c.name, 'generation', c.generation,
        'spec', jsonb_build_object('credentialName', c.spec -> 'credentialName', 'environment', c.spec -> 'environment',
          'issuer', c.spec -> 'issuer', 'consumers', '[]'::jsonb)) as issuer
      from velvet.object c
      where c.kind = 'Credential' and c.spec #>> '{issuer,account}' = a.name
      order by c.spec -> 'issuer', c.present desc, c.namespace, c.name) x) as issuers
from velvet.object a
join issuing i on i.account = a.name
left join velvet.sweep s on s.account = a.name
where a.kind = 'VendorAccount' and a.present and (s.account is null or s.next_sweep_at <= clock_timestamp())
order by s.next_sweep_at nulls first, a.name
limit $1
