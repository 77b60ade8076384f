-- Rehearsals: what stood in the test slots before, sealed, until it is put back.
alter table velvet.rotation add column sealed_slots bytea;
alter table velvet.rotation add constraint rotation_slots_check check (ended_at is null or sealed_slots is null);
