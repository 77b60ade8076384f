-- Gives the singleton $1 back, if the claim $2 still holds it.
update velvet.lease
   set claim = null, claimed_by = null, lease_until = '-infinity'
 where name = $1 and claim = $2
