-- What is wrong with these paths ($2) of the source $1?
select path, code, message from velvet.source_problem where source = $1 and path = any ($2::text[]) order by path, line, col
