-- The correction $1 came to $2 ($3); the place holds version $4 since then, where that is known. No row back: it had an outcome already.
with ended as (
  update velvet.correction set outcome = $2, detail = detail || $3, outcome_at = clock_timestamp()
  where id = $1 and outcome is null
  returning credential, place, lands_until
), left_there as (
  update velvet.held h
  set version = $4, until = case when $2 = 'unknown' then ended.lands_until else clock_timestamp() end
  from ended where h.credential = ended.credential and h.place = ended.place
)
select credential from ended
