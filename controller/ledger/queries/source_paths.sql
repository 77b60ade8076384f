-- Which paths does the ledger hold of the source $1 for objects of the kind $2: those that it shows, and those with problems?
select kind || '/' || namespace || '/' || name as path from velvet.object where source = $1 and kind = $2 and present
 union
select path from velvet.source_problem where source = $1 and path like $2 || '/%'
