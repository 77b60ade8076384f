-- Which requests wait to become rotations, whole? $1 namespace or null, $2 name or null.
select namespace, name, spec, velvet.instant(deadline) as deadline
from velvet.request
where state = 'pending' and ($1::text is null or namespace = $1) and ($2::text is null or name = $2)
order by appeared_at, name
