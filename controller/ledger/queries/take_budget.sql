-- May $5 more requests go to the account $1, at $2 requests in a minute, with $3 saved up, when each can wait for $4 milliseconds? Answers
-- how many of them may, in how many milliseconds the first one goes (below zero: at once), how long after it each further one, and when
-- to ask again for those that may not. No row: nobody has ever asked for this account.
-- Nobody waits for a disk: what a crash of the server forgets of a count is a moment of it.
with quick as materialized (
  select set_config('synchronous_commit', 'off', true)
), held as materialized (
  select b.next_at, b.blocked_until from velvet.account_budget b, quick where b.account = $1 for update of b
), step as materialized (
  select held.*, clock_timestamp() as now, 60000.0 / $2::float8 as every_ms from held
), turn as materialized (
  select step.*, greatest(next_at, now) - every_ms * ($3::float8 - 1) * interval '1 millisecond' as first_at from step
), may as materialized (
  select turn.*, case when blocked_until > now then 0 else greatest(0, least($5::float8,
    floor(($4::float8 + extract(epoch from now - first_at)::float8 * 1000) / every_ms) + 1)) end as granted from turn
), taken as (
  update velvet.account_budget b
  set granted = may.granted > 0, next_at = case when may.granted = 0 then may.next_at
    else greatest(may.next_at, may.now) + may.granted * may.every_ms * interval '1 millisecond' end
  from may where b.account = $1
)
select granted, extract(epoch from first_at - now)::float8 * 1000 as "firstMs", every_ms as "everyMs",
  ceil(greatest(0, extract(epoch from
    greatest(first_at + granted * every_ms * interval '1 millisecond', blocked_until) - now) * 1000))::float8 as "againMs"
from may
