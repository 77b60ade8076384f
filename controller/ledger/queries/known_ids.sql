-- Which vendor ids of credential $1 does the ledger know, which of them are in use or about to be, and is a mint of it under way besides
-- the attempt $2?
with used as (
  select a.vendor_id as id
  from velvet.attempt a
  join velvet.rotation r on r.id = a.rotation
  where a.credential = $1 and a.vendor_id is not null and a.state = 'minted' and r.ended_at is null
  union select k.current_id from velvet.credential k where k.uid = $1 and k.current_id is not null
)
select coalesce((select jsonb_agg(used.id) from used), '[]') as used,
  coalesce((
    select jsonb_agg(known.id) from (
      select a.vendor_id as id from velvet.attempt a
      where a.credential = $1 and a.vendor_id is not null and a.state in ('minted', 'current')
      union select o.vendor_id from velvet.retired o
      where o.credential = $1 and o.state in ('quarantined', 'restored', 'live')) known), '[]') as known,
  exists (select from velvet.attempt a where a.credential = $1 and a.state = 'open' and a.id <> $2) as minting
