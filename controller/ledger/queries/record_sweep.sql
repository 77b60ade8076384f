-- Account $1 was swept: $2 is what nobody owns there, $3 what was seen; it is swept again $4 milliseconds from now. Is it news?
with before as (
  select found from velvet.sweep where account = $1
)
insert into velvet.sweep as s (account, found, facts, swept_at, next_sweep_at)
values ($1, $2::jsonb, $3::jsonb, clock_timestamp(), clock_timestamp() + $4::float8 * interval '1 millisecond')
on conflict (account) do update
  set found = excluded.found, facts = excluded.facts, swept_at = excluded.swept_at, next_sweep_at = excluded.next_sweep_at,
    changed_at = case when s.found = excluded.found then s.changed_at else clock_timestamp() end
returning coalesce((select b.found from before b), '[]') <> $2::jsonb as news
