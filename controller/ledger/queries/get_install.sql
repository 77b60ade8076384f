-- Which install does this ledger belong to?
select id, environment, key_check as "keyCheck", sealing_key as "sealingKey", checkpoint_key as "checkpointKey" from velvet.install
