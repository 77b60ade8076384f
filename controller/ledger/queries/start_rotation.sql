-- Request $1 becomes rotation $2 of credential $3, in its first state ($4, with what it runs on), with its consumers ($5) and its first audit row. No row back: it is not pending any more.
with accepted as (
  update velvet.request q
  set state = 'accepted', reason = 'Accepted', message = '', rotation = $2::uuid, changed_at = clock_timestamp()
  where q.uid = $1 and q.state = 'pending'
  returning q.uid, q.namespace, q.name, q.spec
), known as (
  insert into velvet.credential (uid, namespace, name)
  select $3::uuid, accepted.namespace, accepted.spec -> 'credentialRef' ->> 'name' from accepted
  on conflict do nothing
), started as (
  insert into velvet.rotation (id, request, credential, namespace, name, credential_name, flow, expect, state, snapshot,
    snapshot_hash, facts, sealed_previous, chain_seq, chain_hash)
  select $2::uuid, accepted.uid, $3::uuid, accepted.namespace, accepted.name, accepted.spec -> 'credentialRef' ->> 'name',
    accepted.spec ->> 'flow', coalesce(accepted.spec ->> 'expect', 'Alive'), $4::jsonb ->> 'state', $4::jsonb -> 'snapshot',
    $4::jsonb ->> 'snapshotHash', $4::jsonb -> 'facts', decode($4::jsonb ->> 'sealedPrevious', 'base64'), $6::bigint, $8::bytea
  from accepted
  returning id
), consumers as (
  insert into velvet.consumer (rotation, id, state, facts)
  select started.id, x.id, x.state, x.facts
  from started, jsonb_to_recordset($5::jsonb) as x (id text, state text, facts jsonb)
), audits as (
  insert into velvet.audit (chain, seq, canonical, hash)
  select started.id::text, $6::bigint, $7::bytea, $8::bytea from started
), said as (
  insert into velvet.audit_words (chain, seq, field, salt, text)
  select started.id::text, x.seq, x.field, decode(x.salt, 'base64'), x.text
  from started, jsonb_to_recordset($4::jsonb -> 'words') as x (seq bigint, field text, salt text, text text)
), outboxes as (
  insert into velvet.outbox (topic, key) select 'rotation', started.id::text from started
  on conflict (topic, key) do update set version = outbox.version + 1, changed_at = clock_timestamp()
)
select id from started
