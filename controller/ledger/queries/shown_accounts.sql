-- How did the last probes of the accounts with these names ($1) go?
select a.name, velvet.instant(a.first_seen_at) as "firstSeenAt", s.ready, coalesce(s.reason, 'NotProbed') as reason,
  coalesce(s.message, '') as message, s.remaining, velvet.instant(s.probed_at) as "probedAt",
  velvet.instant(s.changed_at) as "changedAt"
from velvet.object a
left join velvet.account_status s on s.account = a.name and s.generation = a.generation
where a.kind = 'VendorAccount' and a.name = any ($1::text[])
