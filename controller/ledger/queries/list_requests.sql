-- Which requests have no rotation? $1 namespace or null, $2 name or null, $3 how many at most.
select namespace, name, spec ->> 'flow' as flow, spec -> 'credentialRef' ->> 'name' as credential,
  state, reason, message, velvet.instant(appeared_at) as "appearedAt", velvet.instant(deadline) as deadline, velvet.reminders_of('admission', uid) as awaited
from velvet.request
where rotation is null and ($1::text is null or namespace = $1) and ($2::text is null or name = $2)
order by appeared_at desc, uid
limit $3
