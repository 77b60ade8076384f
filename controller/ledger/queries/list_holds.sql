-- Why is nothing started? What a replica found stands while it finds it again; a rollback stands until a person accepts.
select place, reason, message, published, velvet.instant(found_at) as "foundAt"
  from velvet.hold
 where reason = 'LedgerRollback' or seen_at > clock_timestamp() - interval '30 seconds'
 order by found_at, place
