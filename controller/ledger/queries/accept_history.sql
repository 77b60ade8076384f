-- Takes the commit $2 as the last one that was read of the source $1, which stopped because its history was rewritten.
update velvet.source
   set cursor = $2, reason = 'HistoryAccepted', message = format('rewritten history accepted at %s', $2::text),
       changed_at = clock_timestamp()
 where name = $1 and kind = 'git' and reason = 'HistoryRewritten'
returning name
