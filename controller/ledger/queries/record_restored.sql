-- Credential $1 was looked at after a restore, and this ($2) is what it really is; as long as something is held.
insert into velvet.restored as s (credential, truth)
select $1, $2 where exists (select from velvet.hold)
on conflict (credential) do update set truth = excluded.truth, looked_at = clock_timestamp()
