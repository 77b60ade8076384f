-- What is known of the Credentials with these names ($1 namespace, $2 name), but for their rotations?
select c.namespace, c.name, c.uid, c.generation, velvet.instant(c.first_seen_at) as "firstSeenAt", k.current_id as "currentId", k.fingerprint,
  velvet.instant(k.issued_at) as "issuedAt", (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'vendorId', o.vendor_id, 'rotation', o.rotation, 'state', o.state,
      'destroyAfter', velvet.instant(o.destroy_after))) order by o.changed_at), '[]')
    from velvet.retired o where o.credential = c.uid) as retired,
  case when s.due_at is not null then jsonb_build_object('dueAt', velvet.instant(s.due_at), 'startsAt', velvet.instant(s.starts_at),
    'because', s.because, 'due', s.due, 'waitsFor', s.waits_for) end as schedule, velvet.reminders_of('fight', c.uid) as awaited
from velvet.object c
left join velvet.credential k on k.uid = c.uid
left join velvet.schedule s on s.credential = c.uid
where c.kind = 'Credential' and (c.namespace, c.name) in (select * from unnest($1::text[], $2::text[]))
