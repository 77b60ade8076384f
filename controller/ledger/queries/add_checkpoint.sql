-- Closes an interval: $1 size, $2 at, $3 canonical, $4 hash, $5 previous, $6 signature, $7 replaces; heads ($8 chain, $9 seq, $10 hash); $11 the key
-- of the next one, where it is another.
with closed as (
  insert into velvet.checkpoint (size, at, canonical, hash, previous, signature, replaces, next_key)
  values ($1, $2, $3, $4, $5, $6, $7, $11)
)
insert into velvet.checkpoint_head (size, chain, seq, hash)
select $1, head.chain, head.seq, head.hash from unnest($8::text[], $9::bigint[], $10::bytea[]) as head (chain, seq, hash)
