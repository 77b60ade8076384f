-- How is each account, as its last probe found it? With what its vendor has said about sending.
select o.name, o.spec ->> 'adapter' as adapter, s.ready, coalesce(s.reason, 'NotProbed') as reason,
  coalesce(s.message, 'Nobody has probed it yet.') as message, s.remaining, velvet.instant(s.probed_at) as "probedAt",
  velvet.instant(s.changed_at) as "changedAt",
  case when b.blocked_until > now() then velvet.instant(b.blocked_until) end as "blockedUntil"
from velvet.object o
left join velvet.account_status s on s.account = o.name and s.generation = o.generation
left join velvet.account_budget b on b.account = o.name
where o.kind = 'VendorAccount' and o.present
order by o.name
