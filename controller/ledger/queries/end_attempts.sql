-- The rotation $1 is over. The attempt $2 made what is in use; what is gone ($3) was ended, and what has no outcome is lost. Nothing sealed
-- remains.
update velvet.attempt
set sealed = null, changed_at = clock_timestamp(), state = case
  when id = $2::uuid then 'current'
  when state = 'open' then 'lost'
  when state in ('minted', 'current') and $3 then 'revoked'
  else state end
where rotation = $1
