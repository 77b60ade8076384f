-- What is known of the requests with these names ($1 namespace, $2 name), but for their rotations?
select namespace, name, state, reason, message, trust, velvet.instant(appeared_at) as "appearedAt",
  velvet.instant(changed_at) as "changedAt", velvet.instant(deadline) as deadline, (
    select jsonb_strip_nulls(jsonb_build_object('since', velvet.instant(w.since), 'reminders', w.reminders, 'remindAt', velvet.instant(w.remind_at),
      'remindedAt', velvet.instant(w.reminded_at), 'escalatedAt', velvet.instant(w.escalated_at)))
    from velvet.wait w where w.kind = 'admission' and w.subject = uid and (w.reminders > 0 or w.escalated_at is not null)) as awaited
from velvet.request
where (namespace, name) in (select * from unnest($1::text[], $2::text[]))
