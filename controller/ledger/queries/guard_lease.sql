-- Is the singleton $1 still held by the claim $2? Nobody can take it until the transaction ends.
select fence from velvet.lease where name = $1 and claim = $2 for share
