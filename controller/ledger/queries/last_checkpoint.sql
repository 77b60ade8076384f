-- What time is it, which checkpoint was closed last, and since when may chains have grown that it does not have? Five minutes further
-- back: a row's time is taken before its transaction is seen, and servers that take over from each other disagree a little.
select velvet.instant(clock_timestamp()) as now, coalesce(c.size, 0)::bigint as size, c.canonical, c.signature,
       coalesce(velvet.instant(c.at - interval '5 minutes'), '-infinity') as since
  from (values (1)) as one
  left join lateral (select size, at, canonical, signature from velvet.checkpoint order by size desc limit 1) c on true
