-- Which chains have grown since the last checkpoint, where do they end now, and by how many rows? Five minutes further back, because
-- a row's time is taken before its transaction is seen, and servers that take over from each other disagree a little.
with grown as (
  select chain, max(seq) as seq
    from velvet.audit
   where at > coalesce((select at from velvet.checkpoint order by size desc limit 1), '-infinity') - interval '5 minutes'
   group by chain
)
select g.chain, g.seq, a.hash, (g.seq - coalesce(h.seq, 0))::bigint as rows
  from grown g
  join velvet.audit a on a.chain = g.chain and a.seq = g.seq
  left join lateral (select max(seq) as seq from velvet.checkpoint_head where chain = g.chain) h on true
 where g.seq > coalesce(h.seq, 0)
 order by g.chain collate "C"
