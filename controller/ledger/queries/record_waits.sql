-- Counts these waits ($1, a JSON array) and forgets those that are over ($2 kinds, $3 subjects); what is to be told aloud ($4 keys) is.
with counted as (
  insert into velvet.wait as k (kind, subject, namespace, name, about, since, reminders, remind_at, reminded_at, escalated_at)
  select * from jsonb_to_recordset($1::jsonb) as x (kind text, subject uuid, namespace text, name text, about text, since timestamptz,
    reminders bigint, remind_at timestamptz, reminded_at timestamptz, escalated_at timestamptz)
  on conflict (kind, subject) do update
    set about = excluded.about, reminders = excluded.reminders, remind_at = excluded.remind_at, reminded_at = excluded.reminded_at,
      escalated_at = excluded.escalated_at
), forgotten as (
  delete from velvet.wait k using unnest($2::text[], $3::uuid[]) as d (kind, subject) where k.kind = d.kind and k.subject = d.subject
)
select velvet.touch('alarm', told.key) from unnest($4::text[]) as told (key) order by told.key
