-- These findings of credential $1 ($2) are to be corrected: $3 said so.
update velvet.finding f set wanted_by = $3, accepted_by = null
from jsonb_to_recordset($2::jsonb) as x (place text, kind text)
where f.credential = $1 and f.place = x.place and f.kind = x.kind
