-- Says that migration $1 (name $2, hash $3) belongs to this ledger; commits with the migration itself.
insert into velvet.migration (version, name, hash) values ($1, $2, $3)
