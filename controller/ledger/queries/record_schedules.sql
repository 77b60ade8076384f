-- Records reckoned schedules ($1, a JSON array). Only those whose showing changed are projected again.
with reckoned as (
  select * from jsonb_to_recordset($1::jsonb) as x (credential uuid, place text, generation bigint, known_at timestamptz,
    due_at timestamptz, starts_at timestamptz, because text, due boolean, waits_for text, next_look_at timestamptz)
), changed as (
  select reckoned.place
  from reckoned left join velvet.schedule s on s.credential = reckoned.credential
  where (s.due_at, s.starts_at, coalesce(s.because, ''), coalesce(s.due, false), coalesce(s.waits_for, '')) is distinct from
    (reckoned.due_at, reckoned.starts_at, reckoned.because, reckoned.due, reckoned.waits_for)
), written as (
  insert into velvet.schedule (credential, generation, known_at, due_at, starts_at, because, due, waits_for, next_look_at)
  select credential, generation, known_at, due_at, starts_at, because, due, waits_for, next_look_at from reckoned
  on conflict (credential) do update
    set generation = excluded.generation, known_at = excluded.known_at, due_at = excluded.due_at, starts_at = excluded.starts_at,
      because = excluded.because, due = excluded.due, waits_for = excluded.waits_for, next_look_at = excluded.next_look_at
)
select velvet.touch('Credential', changed.place) from changed order by changed.place
