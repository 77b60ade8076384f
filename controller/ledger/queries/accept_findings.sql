-- These findings of credential $1 ($2) may stay as they are: $3 said so.
update velvet.finding f set accepted_by = $3, wanted_by = null
from jsonb_to_recordset($2::jsonb) as x (place text, kind text)
where f.credential = $1 and f.place = x.place and f.kind = x.kind
