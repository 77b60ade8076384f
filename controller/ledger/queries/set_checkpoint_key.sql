-- A ledger from before there were checkpoints learns the public key $1 of their signatures.
update velvet.install set checkpoint_key = $1 where checkpoint_key is null
