-- Which Credentials are due to be rotated and are not, the longest due first? At most $1.
select o.namespace, o.name, velvet.instant(s.due_at) as "dueAt", velvet.instant(s.starts_at) as "startsAt", s.because,
  s.waits_for as "waitsFor"
from velvet.schedule s
join velvet.object o on o.uid = s.credential
where s.due and o.present
order by s.due_at, o.namespace, o.name
limit $1
