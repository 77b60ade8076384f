-- Which rotations have ended? $1 namespace or null, $2 credential's name or null, $3 how many at most.
select *, clock_timestamp() as now
from velvet.rotation_world
where ended_at is not null and ($1::text is null or namespace = $1) and ($2::text is null or credential_name = $2)
order by ended_at desc, id
limit $3
