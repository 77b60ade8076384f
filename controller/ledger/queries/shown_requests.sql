-- What is known of the requests with these names ($1 namespace, $2 name), but for their rotations?
select namespace, name, state, reason, message, trust, velvet.instant(appeared_at) as "appearedAt",
  velvet.instant(changed_at) as "changedAt", velvet.instant(deadline) as deadline, velvet.reminders_of('admission', uid) as awaited
from velvet.request
where (namespace, name) in (select * from unnest($1::text[], $2::text[]))
