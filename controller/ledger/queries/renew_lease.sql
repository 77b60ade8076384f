-- Is the singleton $1 still held by the claim $2? Then for $3 milliseconds more.
update velvet.lease
   set lease_until = clock_timestamp() + $3::double precision * interval '1 millisecond'
 where name = $1 and claim = $2
returning fence
