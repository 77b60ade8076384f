-- Which rotations are there? $1 namespace or null, $2 request's name or null, $3 ended ones too, $4 how many at most.
select *, clock_timestamp() as now
from velvet.rotation_world
where ($1::text is null or namespace = $1) and ($2::text is null or name = $2) and ($3 or ended_at is null)
order by created_at desc, id
limit $4
