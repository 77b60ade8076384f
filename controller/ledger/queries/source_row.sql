-- How did the last look at the source $1 go?
select cursor, baseline, ready, reason, message, synced_at as "syncedAt", changed_at as "changedAt"
  from velvet.source
 where name = $1
