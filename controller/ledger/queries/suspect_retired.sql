-- An id ($2) of credential $1 that rotation $3 may have made and nobody can attribute: a person decides what becomes of it.
insert into velvet.retired (credential, vendor_id, rotation, state)
values ($1, $2, $3, 'live')
on conflict (credential, vendor_id) do nothing
