-- What a person is waited for outside of rotations, and how often somebody was reminded of it.

create table velvet.wait (
  kind text not null check (kind in ('admission', 'fight')),
  subject uuid not null,                 -- the request, or the Credential over whose places two writers fight
  namespace text not null,
  name text not null,
  about text not null,                   -- a reason, or the places
  since timestamptz not null,
  reminders bigint not null default 0,
  remind_at timestamptz not null,
  reminded_at timestamptz,
  escalated_at timestamptz,
  primary key (kind, subject)
);

-- Who was reminded is shown where the wait is shown.
create function velvet.touch_wait() returns trigger language plpgsql as $$
begin
  perform velvet.touch(case new.kind when 'admission' then 'RotationRequest' else 'Credential' end, new.namespace || '/' || new.name);
  return null;
end $$;

create trigger wait_is_shown after update on velvet.wait
  for each row when (new.reminders > 0 or new.escalated_at is not null) execute function velvet.touch_wait();

-- How often somebody was reminded of it; null where nobody was.
create function velvet.reminders_of(waiting text, of_subject uuid) returns jsonb stable language sql as $$
  select jsonb_strip_nulls(jsonb_build_object('since', velvet.instant(w.since), 'reminders', w.reminders, 'remindAt', velvet.instant(w.remind_at),
    'remindedAt', velvet.instant(w.reminded_at), 'escalatedAt', velvet.instant(w.escalated_at)))
  from velvet.wait w where w.kind = waiting and w.subject = of_subject and (w.reminders > 0 or w.escalated_at is not null)
$$;
