-- These fields of credentials have these fingerprints ($1); which other Credentials hold the same values? What is taken down already is
-- not written again.
with asked as materialized (
  select x.credential, x.field, x.print from jsonb_to_recordset($1::jsonb) as x (credential uuid, field text, print text)
), shown as (
  insert into velvet.shared_print (credential, field, print)
  select asked.credential, asked.field, asked.print from asked
  left join velvet.shared_print known on known.credential = asked.credential and known.field = asked.field
  where known.print is distinct from asked.print
  order by asked.credential, asked.field
  on conflict (credential, field) do update set print = excluded.print
)
select asked.credential as asker, asked.field, same.namespace, same.name
from asked, lateral (
  select o.namespace, o.name
  from (
    select other.credential from asked other where other.print = asked.print
    union select s.credential from velvet.shared_print s
    where s.print = asked.print and not exists (
      select from asked other where other.credential = s.credential and other.field = s.field)
  ) holder
  join velvet.object o on o.uid = holder.credential and o.present
  where holder.credential <> asked.credential
  order by o.namespace, o.name
  limit 16) same
order by asked.credential, asked.field, same.namespace, same.name
