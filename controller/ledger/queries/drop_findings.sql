-- Of credential $1 these ($2) do not differ any more.
delete from velvet.finding f
using jsonb_to_recordset($2::jsonb) as x (place text, kind text)
where f.credential = $1 and f.place = x.place and f.kind = x.kind
