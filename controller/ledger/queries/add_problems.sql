-- Records the problems $2, a JSON array, of the source $1; those that are known stay as they are.
insert into velvet.source_problem (source, path, line, col, code, message)
select $1, path, line, col, code, message
  from jsonb_to_recordset($2::jsonb) as shown (path text, line integer, col integer, code text, message text)
on conflict do nothing
