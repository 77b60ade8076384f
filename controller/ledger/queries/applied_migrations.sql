-- Which migrations does this ledger have?
select version, name, hash from velvet.migration order by version
