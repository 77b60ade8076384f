-- The source $1 was looked at and stands in the ledger as of the cursor $2; a null cursor leaves the one that is there. Without $3
-- something else is wrong with it, which it goes on to say.
update velvet.source s
   set cursor = coalesce($2, s.cursor),
       baseline = true,
       ready = case when $3 then true else s.ready end,
       reason = case when $3 then found.reason else s.reason end,
       message = case when $3 then found.message else s.message end,
       synced_at = clock_timestamp(),
       changed_at = case
         when not $3::boolean or s.ready and s.reason = found.reason and s.message = found.message then s.changed_at
         else clock_timestamp()
       end
  from (
    select case when count(*) = 0 then 'Synced' else 'SyncedWithProblems' end as reason,
           case when count(*) = 0 then '' else format('problems in the files: %s', count(*)) end as message
      from velvet.source_problem
     where source = $1
  ) found
 where s.name = $1
