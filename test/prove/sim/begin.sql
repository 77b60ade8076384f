-- A new telling begins: its uuids begin with $1 and are counted from 1, and its source $1 is past its first look.
select sim.begin($1)
