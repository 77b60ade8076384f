-- Which install does this ledger belong to?
select id, environment, key_check as "keyCheck" from velvet.install
