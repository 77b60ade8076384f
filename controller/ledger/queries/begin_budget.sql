-- From now on is counted what goes to the account $1.
insert into velvet.account_budget (account, next_at, granted) values ($1, clock_timestamp(), true) on conflict do nothing
