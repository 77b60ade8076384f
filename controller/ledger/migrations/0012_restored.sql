-- After a restore: what each Credential really is, beside what this ledger says. Between rotations: what each account's vendor has with this
-- install's marker.

-- Written while something is held, and gone with the hold. Never a value: fingerprints are keyed.
create table velvet.restored (
  credential uuid primary key references velvet.object (uid),
  truth jsonb not null,
  looked_at timestamptz not null default clock_timestamp()
);

-- The last sweep of each account that issues credentials. `found`: what nobody owns. `facts`: what was seen, and what could not be listed.
create table velvet.sweep (
  account text primary key,
  found jsonb not null default '[]',
  facts jsonb not null default '{}',
  swept_at timestamptz,
  changed_at timestamptz not null default clock_timestamp(),
  next_sweep_at timestamptz not null default clock_timestamp()
);

create index sweep_due on velvet.sweep (next_sweep_at);

create trigger sweep_is_shown after insert or update on velvet.sweep
for each row execute function velvet.touch_account();

-- What this ledger says of each Credential, for whoever compares it with what is really so. While `rotation` is under way, what its verify
-- found stands for what is not recorded yet.
create view velvet.credential_subject as
select c.uid as credential, c.namespace, c.name, c.generation, c.present, c.spec, v.id as rotation,
  coalesce(k.current_id, v.facts #>> '{verify,previousId}') as "currentId",
  coalesce(k.fingerprint, v.facts #>> '{verify,previousFingerprint}') as fingerprint, (
    select coalesce(jsonb_object_agg(a.name, jsonb_build_object('generation', a.generation, 'spec', a.spec)), '{}')
    from velvet.object a
    where a.kind = 'VendorAccount' and a.present and a.name in (
      select jsonb_path_query(c.spec, 'strict $.**.account') #>> '{}')) as accounts, (
    select coalesce(jsonb_agg(jsonb_build_object('vendorId', o.vendor_id, 'state', o.state)), '[]')
    from velvet.retired o where o.credential = c.uid) as retired, (
    select jsonb_build_object('id', r.id, 'name', r.name, 'state', r.state, 'flow', r.flow, 'attempt', (
      select jsonb_strip_nulls(jsonb_build_object(
        'id', t.id, 'state', t.state, 'vendorId', t.vendor_id, 'sealed', translate(encode(t.sealed, 'base64'), E'\n', '')))
      from velvet.attempt t where t.rotation = r.id and t.state in ('open', 'minted', 'current')
      order by t.number desc limit 1))
    from velvet.rotation r where r.credential = c.uid and r.ended_at is null) as live, (
    select coalesce(jsonb_agg(jsonb_build_object('uid', q.uid, 'name', q.name, 'flow', q.spec ->> 'flow', 'expect', q.spec ->> 'expect')
      order by q.name), '[]')
    from velvet.request q
    where q.state = 'pending' and q.namespace = c.namespace and q.spec -> 'credentialRef' ->> 'name' = c.name) as waiting
from velvet.object c
left join velvet.credential k on k.uid = c.uid
left join velvet.rotation v on v.credential = c.uid and v.ended_at is null
where c.kind = 'Credential';
