-- What time is it, and which checkpoint was closed last?
select velvet.instant(clock_timestamp()) as now, c.canonical, c.signature
  from (values (1)) as one
  left join lateral (select canonical, signature from velvet.checkpoint order by size desc limit 1) c on true
