-- What became of the decisions with these names ($1 namespace, $2 name)?
select namespace, name, state, reason, message, trust, velvet.instant(appeared_at) as "appearedAt",
  velvet.instant(decided_at) as "decidedAt"
from velvet.decision
where (namespace, name) in (select * from unnest($1::text[], $2::text[]))
