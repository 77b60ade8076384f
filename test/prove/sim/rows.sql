-- Everything that the ledger holds of the namespace $1, and the install's own chain, without ciphertext: what is judged.
with r as (select * from velvet.rotation where namespace = $1)
select jsonb_build_object(
  'credentials', (select coalesce(jsonb_agg(to_jsonb(k) order by k.uid), '[]') from velvet.credential k where k.namespace = $1),
  'rotations', (select coalesce(jsonb_agg((to_jsonb(r) - 'sealed_previous' - 'sealed_slots')
    || jsonb_build_object('sealed', r.sealed_previous is not null or r.sealed_slots is not null) order by r.created_at, r.name), '[]') from r),
  'consumers', (select coalesce(jsonb_agg(to_jsonb(c) order by c.rotation, c.id), '[]') from velvet.consumer c
    where c.rotation in (select id from r)),
  'attempts', (select coalesce(jsonb_agg((to_jsonb(a) - 'sealed')
    || jsonb_build_object('sealed', a.sealed is not null) order by a.created_at, a.number, a.id), '[]') from velvet.attempt a
    where a.rotation in (select id from r)),
  'effects', (select coalesce(jsonb_agg(to_jsonb(e) order by e.intent_at, e.fence), '[]') from velvet.effect e
    where e.rotation in (select id from r)),
  'retired', (select coalesce(jsonb_agg(to_jsonb(o) order by o.changed_at, o.vendor_id), '[]') from velvet.retired o
    where o.rotation in (select id from r)),
  'tombstones', (select coalesce(jsonb_agg(to_jsonb(t) order by t.created_at, t.id), '[]') from velvet.tombstone t
    where t.rotation in (select id from r)),
  'requests', (select coalesce(jsonb_agg(to_jsonb(q) order by q.appeared_at, q.uid), '[]') from velvet.request q
    where q.namespace = $1),
  'decisions', (select coalesce(jsonb_agg(to_jsonb(d) order by d.appeared_at, d.uid), '[]') from velvet.decision d
    where d.namespace = $1),
  'held', (select coalesce(jsonb_agg(to_jsonb(h) order by h.credential, h.place), '[]') from velvet.held h
    where h.credential in (select k.uid from velvet.credential k where k.namespace = $1)),
  'watched', (select coalesce(jsonb_agg(h.place order by h.place), '[]') from velvet.held h
    join velvet.credential k on k.uid = h.credential join velvet.object o on o.uid = k.uid
    where k.namespace = $1 and o.present and not exists (
      select from jsonb_array_elements(o.spec -> 'consumers') c where c ->> 'id' = h.place and c ->> 'active' = 'false')),
  'findings', (select coalesce(jsonb_agg(to_jsonb(f) order by f.since, f.place, f.kind), '[]') from velvet.finding f
    where f.credential in (select k.uid from velvet.credential k where k.namespace = $1)),
  'corrections', (select coalesce(jsonb_agg(to_jsonb(t) order by t.intent_at, t.place, t.id), '[]') from velvet.correction t
    where t.credential in (select k.uid from velvet.credential k where k.namespace = $1)),
  'audit', (select coalesce(jsonb_agg(jsonb_build_object('chain', u.chain, 'seq', u.seq, 'canonical',
    encode(u.canonical, 'hex'), 'hash', encode(u.hash, 'hex')) order by u.chain, u.seq), '[]') from velvet.audit u
    where u.chain = 'install' or u.chain in (select id::text from r)),
  'words', (select coalesce(jsonb_agg(jsonb_build_object('chain', w.chain, 'seq', w.seq, 'field', w.field,
    'salt', encode(w.salt, 'hex'), 'text', w.text) order by w.chain, w.seq, w.field), '[]') from velvet.audit_words w
    where w.chain = 'install' or w.chain in (select id::text from r)),
  'actors', (select coalesce(jsonb_agg(jsonb_build_object('id', encode(p.id, 'hex'), 'salt', encode(p.salt, 'hex'),
    'name', p.name) order by p.id), '[]') from velvet.actor p),
  'installHead', (select facts from velvet.lease where name = 'install-chain')
) as rows
