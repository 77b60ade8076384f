-- Something changed that belongs to rotation $1: whoever projects it looks again.
insert into velvet.outbox as b (topic, key) values ('rotation', $1)
on conflict (topic, key) do update set version = b.version + 1, changed_at = clock_timestamp()
