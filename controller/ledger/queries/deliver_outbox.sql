-- These ($1 topic, $2 key, $3 version) are projected as far as those versions.
update velvet.outbox o set delivered = greatest(o.delivered, d.version)
from unnest($1::text[], $2::text[], $3::bigint[]) as d (topic, key, version)
where o.topic = d.topic and o.key = d.key
