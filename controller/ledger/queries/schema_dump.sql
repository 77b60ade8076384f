-- What does the schema velvet look like, as SQL text in a fixed order? For people and for review, not to be run.
with tables as (
  select c.oid, c.relname as name
    from pg_catalog.pg_class c
   where c.relnamespace = 'velvet'::regnamespace and c.relkind = 'r'
), members as (
  select t.oid, 1 as place, a.attnum as number,
         format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                case when a.attnotnull then ' not null' else '' end,
                coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')) as line
    from tables t
    join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_catalog.pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
  union all
  select t.oid, 2, row_number() over (partition by t.oid order by c.contype, c.conname),
         format('  constraint %I %s', c.conname, pg_get_constraintdef(c.oid, true))
    from tables t
    join pg_catalog.pg_constraint c on c.conrelid = t.oid and c.contype <> 'n'
), objects as (
  select t.name, 1 as place, t.name as object,
         format(E'create table velvet.%I (\n%s\n);', t.name, string_agg(m.line, E',\n' order by m.place, m.number)) as text
    from tables t
    join members m on m.oid = t.oid
   group by t.name
  union all
  select t.name, 2, i.relname, pg_get_indexdef(i.oid) || ';'
    from tables t
    join pg_catalog.pg_index x on x.indrelid = t.oid
    join pg_catalog.pg_class i on i.oid = x.indexrelid
   where not exists (select from pg_catalog.pg_constraint c where c.conindid = i.oid and c.conrelid = t.oid)
  union all
  select t.name, 3, g.tgname, pg_get_triggerdef(g.oid) || ';'
    from tables t
    join pg_catalog.pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
  union all
  select '', 0, p.proname, rtrim(pg_get_functiondef(p.oid), E'\n') || ';'
    from pg_catalog.pg_proc p
   where p.pronamespace = 'velvet'::regnamespace
)
select coalesce(string_agg(text, E'\n\n' order by name collate "C", place, object collate "C"), '') as text
  from objects
