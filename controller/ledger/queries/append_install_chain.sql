-- Continues the install chain by rows ($1 seq, $2 canonical, $3 hash) and moves its head to ($4 seq, $5 hash as hex).
with head as (
  update velvet.lease
     set facts = facts || jsonb_build_object('seq', $4::bigint, 'hash', $5::text)
   where name = 'install-chain'
)
insert into velvet.audit (chain, seq, canonical, hash)
select 'install', row.seq, row.canonical, row.hash
  from unnest($1::bigint[], $2::bytea[], $3::bytea[]) as row (seq, canonical, hash)
