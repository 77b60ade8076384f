-- How did the last probes of the accounts with these names ($1) go?
select a.name, velvet.instant(a.first_seen_at) as "firstSeenAt", s.ready, coalesce(s.reason, 'NotProbed') as reason,
  coalesce(s.message, '') as message, s.remaining, velvet.instant(s.probed_at) as "probedAt",
  velvet.instant(s.changed_at) as "changedAt",
  case when w.account is not null then jsonb_build_object('found', w.found, 'facts', w.facts,
    'sweptAt', velvet.instant(w.swept_at), 'changedAt', velvet.instant(w.changed_at)) end as sweep
from velvet.object a
left join velvet.account_status s on s.account = a.name and s.generation = a.generation
left join velvet.sweep w on w.account = a.name
where a.kind = 'VendorAccount' and a.name = any ($1::text[])
