-- Which chains have grown since $1, where do they end now, and by how many rows since their last head in a checkpoint?
select g.chain, a.seq, a.hash, (a.seq - coalesce(h.seq, 0))::bigint as rows
  from (select distinct chain from velvet.audit where at > $1::timestamptz) g
  cross join lateral (select seq, hash from velvet.audit where chain = g.chain order by seq desc limit 1) a
  left join lateral (select max(seq) as seq from velvet.checkpoint_head where chain = g.chain) h on true
 where a.seq > coalesce(h.seq, 0)
 order by g.chain collate "C"
