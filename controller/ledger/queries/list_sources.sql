-- How did the last look at each source go, and what is wrong with its files?
select s.name, s.kind, s.cursor, s.baseline, s.ready, s.reason, s.message,
  velvet.instant(s.synced_at) as "syncedAt",
  coalesce((
    select jsonb_agg(jsonb_build_object(
      'path', p.path, 'line', p.line, 'column', p.col, 'code', p.code, 'message', p.message) order by p.path, p.line, p.col)
    from velvet.source_problem p where p.source = s.name), '[]') as problems
from velvet.source s
order by s.name
