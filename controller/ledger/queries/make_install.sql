-- This ledger's install, made at the first start: $1 id, $2 environment, $3 key check.
insert into velvet.install (id, environment, key_check) values ($1, $2, $3)
on conflict (singleton) do nothing
