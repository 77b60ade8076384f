-- Records what steps of rotation $1 under fence $2 changed, in one statement: the row ($3), consumers ($4), attempts ($5),
-- effects ($6), decisions ($7), retired ids ($8), the credential ($9), audit rows ($10 seq, $11 canonical, $12 hash), tombstones
-- ($13), outbox, with an alarm where $3 asks for one; what people said in the audit rows stands in $3 as words. With ifWakes, only where
-- nothing more has arrived from outside.
-- No row back: somebody else holds the rotation, or more has arrived, and nothing was written.
with held as (
  update velvet.rotation r set
    state = coalesce($3::jsonb ->> 'state', r.state),
    facts = coalesce($3::jsonb -> 'facts', r.facts),
    sealed_previous = case
      when $3::jsonb ? 'ended' then null
      when $3::jsonb ? 'sealedPrevious' then decode($3::jsonb ->> 'sealedPrevious', 'base64')
      else r.sealed_previous end,
    sealed_slots = case
      when $3::jsonb ? 'ended' then null
      when $3::jsonb ? 'sealedSlots' then decode($3::jsonb ->> 'sealedSlots', 'base64')
      else r.sealed_slots end,
    ended_at = case when $3::jsonb ? 'ended' then clock_timestamp() end,
    next_action_at = case
      when not $3::jsonb ? 'release' then r.next_action_at
      when r.wakes <> ($3::jsonb -> 'release' ->> 'wakes')::bigint then clock_timestamp()
      else ($3::jsonb -> 'release' ->> 'until')::timestamptz end,
    lease_until = case when $3::jsonb ? 'release' or $3::jsonb ? 'ended' then '-infinity' else r.lease_until end,
    claim = case when $3::jsonb ? 'release' or $3::jsonb ? 'ended' then null else r.claim end,
    chain_seq = r.chain_seq + cardinality($10::bigint[]),
    chain_hash = coalesce(($12::bytea[])[cardinality($12::bytea[])], r.chain_hash),
    changed_at = clock_timestamp()
  where r.id = $1 and r.fence = $2 and r.chain_seq = ($3::jsonb ->> 'chainSeq')::bigint
    and (not $3::jsonb ? 'ifWakes' or r.wakes = ($3::jsonb ->> 'ifWakes')::bigint)
  returning r.id, r.credential
), consumers as (
  insert into velvet.consumer as c (rotation, id, state, touched, facts)
  select held.id, x.id, x.state, x.touched, x.facts
  from held, jsonb_to_recordset($4::jsonb) as x (id text, state text, touched boolean, facts jsonb)
  on conflict (rotation, id) do update
    set state = excluded.state, touched = excluded.touched, facts = excluded.facts, changed_at = clock_timestamp()
), attempts as (
  insert into velvet.attempt as a (id, rotation, credential, number, marker, mint_class, inventory, state, deadline,
    sealed, vendor_id, fingerprint, fingerprints, facts)
  select x.id, held.id, held.credential, x.number, x.marker, x.mint_class, x.inventory, x.state, x.deadline,
    decode(x.sealed, 'base64'), x.vendor_id, x.fingerprint, x.fingerprints, x.facts
  from held, jsonb_to_recordset($5::jsonb) as x (id uuid, number integer, marker text, mint_class text, inventory jsonb,
    state text, deadline timestamptz, sealed text, vendor_id text, fingerprint text, fingerprints jsonb, facts jsonb)
  on conflict (id) do update
    set state = excluded.state, sealed = excluded.sealed, vendor_id = excluded.vendor_id,
      fingerprint = excluded.fingerprint, facts = excluded.facts,
      fingerprints = case when excluded.fingerprints = '{}' then a.fingerprints else excluded.fingerprints end,
      changed_at = clock_timestamp()
), effects as (
  insert into velvet.effect as e (id, rotation, attempt, consumer, label, fence, deadline_ms, outcome, detail, outcome_at)
  select x.id, held.id, x.attempt, x.consumer, x.label, $2, x.deadline_ms, x.outcome, x.detail,
    case when x.outcome is not null then clock_timestamp() end
  from held, jsonb_to_recordset($6::jsonb) as x (id uuid, attempt uuid, consumer text, label text, deadline_ms integer,
    outcome text, detail jsonb)
  on conflict (id) do update
    set outcome = excluded.outcome, detail = excluded.detail, outcome_at = excluded.outcome_at
), decisions as (
  update velvet.decision d
  set state = x.state, reason = x.reason, message = x.message, rotation = held.id, decided_at = clock_timestamp()
  from held, jsonb_to_recordset($7::jsonb) as x (uid uuid, state text, reason text, message text)
  where d.uid = x.uid and d.state = 'pending'
), retired as (
  insert into velvet.retired as o (credential, vendor_id, rotation, fingerprint, state, destroy_after, next_action_at, residual)
  select held.credential, x.vendor_id, held.id, x.fingerprint, x.state,
    clock_timestamp() + x.destroy_after_ms * interval '1 millisecond',
    clock_timestamp() + x.destroy_after_ms * interval '1 millisecond', x.residual
  from held, jsonb_to_recordset($8::jsonb) as x (vendor_id text, fingerprint text, state text, destroy_after_ms bigint,
    residual jsonb)
  on conflict (credential, vendor_id) do update
    set rotation = excluded.rotation, fingerprint = coalesce(excluded.fingerprint, o.fingerprint), state = excluded.state,
      destroy_after = excluded.destroy_after, next_action_at = excluded.next_action_at, residual = excluded.residual,
      -- Whoever was about to end it, or to bring it back, finds it as it is now.
      fence = o.fence + 1, claim = null, lease_until = '-infinity', wish = 'destroy',
      tries = 0, error = null, changed_at = clock_timestamp()
), tombstones as (
  insert into velvet.tombstone (id, rotation, attempt, marker, vendor_id, next_action_at)
  select gen_random_uuid(), held.id, x.attempt, x.marker, x.vendor_id, clock_timestamp() + x.wait_ms * interval '1 millisecond'
  from held, jsonb_to_recordset($13::jsonb) as x (attempt uuid, marker text, vendor_id text, wait_ms bigint)
  on conflict (attempt) do nothing
), credentials as (
  update velvet.credential k
  set current_id = x.current_id, current_attempt = x.current_attempt, fingerprint = x.fingerprint,
    fingerprints = x.fingerprints, issued_at = coalesce(x.issued_at, k.issued_at), changed_at = clock_timestamp()
  from held, jsonb_to_recordset($9::jsonb) as x (current_id text, current_attempt uuid, fingerprint text,
    fingerprints jsonb, issued_at timestamptz)
  where k.uid = held.credential
), audits as (
  insert into velvet.audit (chain, seq, canonical, hash)
  select held.id::text, x.seq, x.canonical, x.hash
  from held, unnest($10::bigint[], $11::bytea[], $12::bytea[]) as x (seq, canonical, hash)
), said as (
  insert into velvet.audit_words (chain, seq, field, salt, text)
  select held.id::text, x.seq, x.field, decode(x.salt, 'base64'), x.text
  from held, jsonb_to_recordset($3::jsonb -> 'words') as x (seq bigint, field text, salt text, text text)
), outboxes as (
  insert into velvet.outbox as b (topic, key)
  select 'rotation', held.id::text from held
  union all select 'alarm', held.id::text from held where $3::jsonb ? 'alarm'
  on conflict (topic, key) do update set version = b.version + 1, changed_at = clock_timestamp()
)
select id from held
