-- May one more request go to the account $1, at $2 requests in a minute (null: any number), with $3 saved up, when it can wait for $4
-- milliseconds? Answers whether, and after how many milliseconds; where not, when to ask again.
with step as (
  select clock_timestamp() as now, coalesce(60000.0 / $2::float8, 0) * interval '1 millisecond' as every,
    coalesce(60000.0 / $2::float8, 0) * ($3::float8 - 1) * interval '1 millisecond' as saved,
    $4::float8 * interval '1 millisecond' as patience
), taken as (
  insert into velvet.account_budget as b (account, next_at, granted)
  select $1, now + every, true from step
  on conflict (account) do update set (next_at, granted) = (
    select case when may.granted then greatest(b.next_at, step.now) + step.every else b.next_at end, may.granted
    from step, lateral (select b.blocked_until <= step.now
      and greatest(b.next_at, step.now) - step.saved <= step.now + step.patience as granted) as may)
  returning b.granted, b.next_at, b.blocked_until)
select taken.granted, ceil(greatest(0, extract(epoch from greatest(
    taken.next_at - step.saved - case when taken.granted then step.every else '0' end,
    case when taken.granted then step.now else taken.blocked_until end) - step.now) * 1000))::float8 as "waitMs"
from taken, step
