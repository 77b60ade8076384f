-- These fields of credential $1 have these fingerprints ($2); which other Credentials hold the same values?
with shown as (
  insert into velvet.shared_print as s (credential, field, print)
  select $1, x.field, x.print from jsonb_to_recordset($2::jsonb) as x (field text, print text)
  on conflict (credential, field) do update set print = excluded.print where s.print <> excluded.print
)
select x.field, k.namespace, k.name
from jsonb_to_recordset($2::jsonb) as x (field text, print text)
join velvet.shared_print s on s.print = x.print and s.credential <> $1
join velvet.credential k on k.uid = s.credential
join velvet.object o on o.uid = k.uid and o.present
order by x.field, k.namespace, k.name
limit 16
