-- Account $1 (null: each one) is to be swept at once, where its last sweep is at least $2 milliseconds old.
insert into velvet.sweep as s (account, next_sweep_at)
select a.name, clock_timestamp() from velvet.object a
where a.kind = 'VendorAccount' and a.present and ($1::text is null or a.name = $1)
  and exists (select from velvet.object c where c.kind = 'Credential' and c.spec #>> '{issuer,account}' = a.name)
on conflict (account) do update set next_sweep_at = excluded.next_sweep_at
  where coalesce(s.swept_at, '-infinity') <= clock_timestamp() - $2::bigint * interval '1 millisecond'
returning s.account
