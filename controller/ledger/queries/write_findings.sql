-- What differs now at credential $1 is $2. What a person accepted is accepted as long as it looks the same.
insert into velvet.finding as f (credential, place, kind, grade, state, message, digest, details, last_seen_at)
select $1, x.place, x.kind, x.grade, x.state, x.message, x.digest, x.details, clock_timestamp()
from jsonb_to_recordset($2::jsonb) as x (place text, kind text, grade text, state text, message text, digest text, details jsonb)
on conflict (credential, place, kind) do update
set grade = excluded.grade, state = excluded.state, message = excluded.message, digest = excluded.digest,
  details = excluded.details, last_seen_at = excluded.last_seen_at,
  accepted_by = case when f.digest = excluded.digest then f.accepted_by end
