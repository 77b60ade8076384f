-- Forgets the problems of the source $1 that are not among those of $2, a JSON array. With $3, only those of these paths.
delete from velvet.source_problem p
 where p.source = $1
   and ($3::text[] is null or p.path = any ($3))
   and (p.path, p.line, p.col, p.code, p.message) not in (
     select path, line, col, code, message
       from jsonb_to_recordset($2::jsonb) as shown (path text, line integer, col integer, code text, message text))
