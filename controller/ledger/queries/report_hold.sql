-- Why nothing is started, as the place $1 found it: $2 reason, $3 message, $4 what it has published.
insert into velvet.hold as h (place, reason, message, published) values ($1, $2, $3, $4::jsonb)
on conflict (place) do update
   set reason = excluded.reason,
       message = excluded.message,
       published = excluded.published,
       found_at = case when h.reason = excluded.reason then h.found_at else excluded.found_at end,
       seen_at = clock_timestamp()
