-- Which vendor ids of credential $1 does the ledger know, and is a mint of it under way besides the attempt $2?
select coalesce((
    select jsonb_agg(known.id) from (
      select a.vendor_id as id from velvet.attempt a
      where a.credential = $1 and a.vendor_id is not null and a.state in ('minted', 'current')
      union select k.current_id from velvet.credential k where k.uid = $1 and k.current_id is not null
      union select o.vendor_id from velvet.retired o where o.credential = $1 and o.state in ('quarantined', 'restored', 'live')
    ) known), '[]') as ids,
  exists (select from velvet.attempt a where a.credential = $1 and a.state = 'open' and a.id <> $2) as minting
