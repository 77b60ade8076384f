-- What is waited for of this kind ($1) and subject ($2), and how often was somebody reminded of it?
select kind, subject, namespace, name, about, velvet.instant(since) as since, reminders, velvet.instant(remind_at) as "remindAt",
  velvet.instant(reminded_at) as "remindedAt", velvet.instant(escalated_at) as "escalatedAt"
from velvet.wait where kind = $1 and subject = $2::uuid
