-- Makes the source $1 of kind $2 known.
insert into velvet.source (name, kind) values ($1, $2) on conflict (name) do nothing
