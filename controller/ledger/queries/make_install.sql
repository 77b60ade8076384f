-- This ledger's install, made at the first start: $1 id, $2 environment, $3 key check, $4 public sealing key.
insert into velvet.install (id, environment, key_check, sealing_key) values ($1, $2, $3, $4)
on conflict (singleton) do nothing
