-- With which key-encryption key was this ledger made?
select key_check from velvet.install
