-- Credential $1 was looked at after a restore, and this ($2) is what it really is, beside what the ledger said at $3; as long as something is held.
insert into velvet.restored as s (credential, truth, looked_at)
select $1, $2, $3 where exists (select from velvet.hold)
on conflict (credential) do update set truth = excluded.truth, looked_at = excluded.looked_at
