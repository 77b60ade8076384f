-- How did the last sweep of each account that issues credentials go? $1: only this one, or null.
select a.name as account, a.spec ->> 'adapter' as adapter, coalesce(s.found, '[]') as found, coalesce(s.facts, '{}') as facts,
  velvet.instant(s.swept_at) as "sweptAt", velvet.instant(coalesce(s.changed_at, a.first_seen_at)) as "changedAt",
  velvet.instant(s.next_sweep_at) as "nextSweepAt"
from velvet.object a
left join velvet.sweep s on s.account = a.name
where a.kind = 'VendorAccount' and a.present and ($1::text is null or a.name = $1)
  and exists (select from velvet.object c where c.kind = 'Credential' and c.spec #>> '{issuer,account}' = a.name)
order by a.name
