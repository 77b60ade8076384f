-- This ledger's install, made at the first start: $1 id, $2 environment, $3 key check, $4 public sealing key, $5 public checkpoint key.
insert into velvet.install (id, environment, key_check, sealing_key, checkpoint_key) values ($1, $2, $3, $4, $5)
on conflict (singleton) do nothing
