-- Continues the install chain by rows ($1 seq, $2 canonical, $3 hash), with what people said in them ($6), and moves its head to ($4 seq,
-- $5 hash as hex).
with head as (
  update velvet.lease
     set facts = facts || jsonb_build_object('seq', $4::bigint, 'hash', $5::text)
   where name = 'install-chain'
), said as (
  insert into velvet.audit_words (chain, seq, field, salt, text)
  select 'install', x.seq, x.field, decode(x.salt, 'base64'), x.text
    from jsonb_to_recordset($6::jsonb) as x (seq bigint, field text, salt text, text text)
)
insert into velvet.audit (chain, seq, canonical, hash)
select 'install', row.seq, row.canonical, row.hash
  from unnest($1::bigint[], $2::bytea[], $3::bytea[]) as row (seq, canonical, hash)
