-- Where do Credentials have their copies, as far as the adapters $1 keep them? As they are now, and as rotations in earnest that are under
-- way began with them.
with named as (
  select c.namespace, c.name, c.spec
  from velvet.object c
  where c.kind = 'Credential' and c.present
  union all
  select r.namespace, r.credential_name, r.snapshot -> 'credential' -> 'spec'
  from velvet.rotation r
  where r.ended_at is null and r.flow <> 'Testing')
select n.namespace, n.name, jsonb_strip_nulls(jsonb_build_object(
  'issuer', n.spec -> 'issuer', 'custody', n.spec -> 'custody', 'consumers', n.spec -> 'consumers')) as spec
from named n
where n.spec -> 'custody' ?| $1::text[] or exists (
  select from jsonb_array_elements(n.spec -> 'consumers') as c (spec) where c.spec ?| $1::text[])
order by n.namespace, n.name
