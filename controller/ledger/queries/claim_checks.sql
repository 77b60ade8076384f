-- Which Credentials are due to be looked at, and what is known of each? Claims up to $1 until $2 milliseconds from now. While one is
-- being rotated nobody looks.
update velvet.drift_check c
set fence = c.fence + 1, claim = gen_random_uuid(), lease_until = clock_timestamp() + $2 * interval '1 millisecond'
from velvet.object o, velvet.credential k
where o.uid = c.credential and k.uid = c.credential and c.lease_until < clock_timestamp() and c.credential in (
  select due.credential from velvet.drift_check due
  where due.next_check_at <= now() and due.lease_until < now() and not exists (
    select from velvet.rotation r where r.credential = due.credential and r.ended_at is null)
  order by due.next_check_at
  limit $1
  for update skip locked)
returning c.credential, c.fence, c.state, c.facts, c.postponed, velvet.instant(clock_timestamp()) as now,
  velvet.instant(c.checked_at) as "checkedAt", o.namespace, o.name, o.generation, o.spec, o.present,
  k.current_id as "currentId", k.fingerprint, k.fingerprints, (
    select coalesce(jsonb_object_agg(a.name, jsonb_build_object('generation', a.generation, 'spec', a.spec)), '{}')
    from velvet.object a
    where a.kind = 'VendorAccount' and a.present and a.name in (
      select jsonb_path_query(o.spec, 'strict $.**.account') #>> '{}')) as accounts, (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'place', h.place, 'version', h.version, 'until', velvet.instant(h.until), 'slotsEmpty', h.slots_empty))), '[]')
    from velvet.held h where h.credential = c.credential) as held, (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'place', f.place, 'kind', f.kind, 'grade', f.grade, 'state', f.state, 'message', f.message, 'digest', f.digest,
      'details', f.details, 'since', velvet.instant(f.since), 'lastSeenAt', velvet.instant(f.last_seen_at),
      'acceptedBy', f.accepted_by, 'wantedBy', f.wanted_by)) order by f.since, f.place, f.kind), '[]')
    from velvet.finding f where f.credential = c.credential) as findings, (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'vendorId', d.vendor_id, 'state', d.state, 'fingerprint', d.fingerprint,
      'changedAt', velvet.instant(d.changed_at), 'lastReceiptAt', r.facts ->> 'lastReceiptAt', 'unproven', (
        select jsonb_agg(u.id order by u.id) from velvet.consumer u
        where u.rotation = d.rotation and u.state in ('skipped', 'inactive')))) order by d.vendor_id), '[]')
    from velvet.retired d join velvet.rotation r on r.id = d.rotation where d.credential = c.credential) as retired, (
    select coalesce(jsonb_agg(old.fingerprints), '[]') from (
      select a.fingerprints from velvet.attempt a
      where a.credential = c.credential and a.fingerprints <> '{}' order by a.created_at desc limit 16) old) as "oldPrints", (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'place', t.place, 'intentAt', velvet.instant(t.intent_at), 'outcome', t.outcome, 'version', t.detail ->> 'version', 'digest', t.detail ->> 'digest', 'wanted', t.wanted_by is not null))
      order by t.intent_at), '[]')
    from velvet.correction t
    where t.credential = c.credential and t.intent_at > clock_timestamp() - interval '24 hours') as corrections, (
    select velvet.instant(max(r.ended_at)) from velvet.rotation r where r.credential = c.credential) as "rotatedAt", (
    select coalesce(jsonb_object_agg(s.field, s.print), '{}') from velvet.shared_print s where s.credential = c.credential) as shared, (
    select coalesce(bool_or((
      select count(*) from (select from velvet.shared_print t where t.print = s.print limit 2) two) > 1), false)
    from velvet.shared_print s where s.credential = c.credential) as "isShared", (
    select coalesce(jsonb_agg(jsonb_build_object('account', s.account, 'reason', s.reason, 'message', s.message) order by s.account), '[]')
    from velvet.account_status s
    join velvet.object a on a.kind = 'VendorAccount' and a.present and a.name = s.account and a.generation = s.generation
    where not s.ready and s.account in (select jsonb_path_query(o.spec, 'strict $.**.account') #>> '{}')) as unready
