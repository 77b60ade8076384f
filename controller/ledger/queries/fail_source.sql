-- The source $1 of kind $2 could not be looked at: $3 reason, $4 message. Objects stay; changed_at says since when.
insert into velvet.source as s (name, kind, reason, message) values ($1, $2, $3, $4)
on conflict (name) do update
   set ready = false,
       reason = excluded.reason,
       message = excluded.message,
       changed_at = clock_timestamp()
 where s.ready or s.reason <> excluded.reason or s.message <> excluded.message
