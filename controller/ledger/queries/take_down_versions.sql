-- Where nobody knew which version a write of ours left at a place of credential $1, it is the one that was found there ($2).
update velvet.held h set version = x.version
from jsonb_to_recordset($2::jsonb) as x (place text, version text)
where h.credential = $1 and h.place = x.place
