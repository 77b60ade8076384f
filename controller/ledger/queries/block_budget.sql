-- The vendor of the account $1 said to send nothing for $2 milliseconds.
insert into velvet.account_budget as b (account, next_at, granted, blocked_until)
values ($1, clock_timestamp(), false, clock_timestamp() + $2::float8 * interval '1 millisecond')
on conflict (account) do update set blocked_until = greatest(b.blocked_until, excluded.blocked_until)
