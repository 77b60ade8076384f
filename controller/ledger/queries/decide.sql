-- Records one decision ($1 namespace, $2 name, $3 spec, $4 spec hash in hex) as typed at a terminal. Was it new, and if not, the same?
with added as (
  insert into velvet.decision (namespace, name, request_name, credential_name, spec, spec_hash, origin, trust)
  values ($1, $2, $3::jsonb #>> '{requestRef,name}', $3::jsonb #>> '{credentialRef,name}', $3::jsonb, decode($4, 'hex'),
    '{"via": "cli"}', 'claimed')
  on conflict (namespace, name) do nothing
  returning uid)
select uid, true as added, true as same from added
union all
select d.uid, false, d.spec_hash = decode($4, 'hex')
from velvet.decision d
where d.namespace = $1 and d.name = $2 and not exists (select from added)
