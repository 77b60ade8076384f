-- What does the ledger know of the source $1? One sync at a time.
select cursor, baseline from velvet.source where name = $1 for update
