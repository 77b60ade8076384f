-- Which accounts are to be probed now? At most $1; nobody else takes them for $2 milliseconds. A changed account is due at once.
insert into velvet.account_status as s (account, generation, next_probe_at)
select o.name, o.generation, clock_timestamp() + $2::float8 * interval '1 millisecond'
from velvet.object o
left join velvet.account_status known on known.account = o.name
where o.kind = 'VendorAccount' and o.present
  and (known.account is null or known.generation <> o.generation or known.next_probe_at <= now())
order by known.next_probe_at nulls first, o.name
limit $1
on conflict (account) do update
set next_probe_at = excluded.next_probe_at, generation = excluded.generation,
  ready = case when s.generation = excluded.generation then s.ready end
where s.generation <> excluded.generation or s.next_probe_at <= clock_timestamp()
returning s.account, s.generation, (
  select o.spec from velvet.object o where o.kind = 'VendorAccount' and o.name = s.account and o.present) as spec
