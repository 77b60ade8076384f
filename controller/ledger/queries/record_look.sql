-- The source $1 was looked at and stands in the ledger as of the cursor $2; a null cursor leaves the one that is there.
update velvet.source s
   set cursor = coalesce($2, s.cursor),
       baseline = true,
       ready = true,
       reason = found.reason,
       message = found.message,
       synced_at = clock_timestamp(),
       changed_at = case
         when s.ready and s.reason = found.reason and s.message = found.message then s.changed_at
         else clock_timestamp()
       end
  from (
    select case when count(*) = 0 then 'Synced' else 'SyncedWithProblems' end as reason,
           case when count(*) = 0 then '' else format('problems in the files: %s', count(*)) end as message
      from velvet.source_problem
     where source = $1
  ) found
 where s.name = $1
