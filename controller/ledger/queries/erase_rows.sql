-- Erases $1 from everything that has ended, and from who accepted drift or wanted it corrected, and counts what was changed. What a source
-- still shows is its mirror and stays; the hash of what was erased goes too, because it could be tried out.
with requests as (
  update velvet.request set spec = velvet.without_word(spec, $1), origin = velvet.without_word(origin, $1),
    message = velvet.without_word(to_jsonb(message), $1, 'message') #>> '{}', spec_hash = sha256(uuid_send(gen_random_uuid()))
   where state <> 'pending' and (spec <> velvet.without_word(spec, $1) or origin <> velvet.without_word(origin, $1)
     or velvet.says(message, $1))
  returning 1
), decisions as (
  update velvet.decision set spec = velvet.without_word(spec, $1), origin = velvet.without_word(origin, $1),
    message = velvet.without_word(to_jsonb(message), $1, 'message') #>> '{}', spec_hash = sha256(uuid_send(gen_random_uuid()))
   where state <> 'pending' and (spec <> velvet.without_word(spec, $1) or origin <> velvet.without_word(origin, $1)
     or velvet.says(message, $1))
  returning 1
), rotations as (
  update velvet.rotation set facts = velvet.without_word(facts, $1),
    snapshot = jsonb_set(snapshot, '{request}', velvet.without_word(snapshot -> 'request', $1))
   where ended_at is not null and (facts <> velvet.without_word(facts, $1)
     or snapshot -> 'request' <> velvet.without_word(snapshot -> 'request', $1))
  returning 1
), consumers as (
  update velvet.consumer c set facts = velvet.without_word(c.facts, $1)
    from velvet.rotation r
   where r.id = c.rotation and r.ended_at is not null and c.facts <> velvet.without_word(c.facts, $1)
  returning 1
), objects as (
  update velvet.object set spec = velvet.without_word(spec, $1), origin = velvet.without_word(origin, $1),
    spec_hash = sha256(uuid_send(gen_random_uuid()))
   where not present and (spec <> velvet.without_word(spec, $1) or origin <> velvet.without_word(origin, $1))
  returning 1
), findings as (
  update velvet.finding set accepted_by = velvet.without_word(accepted_by, $1), wanted_by = velvet.without_word(wanted_by, $1)
   where accepted_by <> velvet.without_word(accepted_by, $1) or wanted_by <> velvet.without_word(wanted_by, $1)
  returning 1
), corrections as (
  update velvet.correction set wanted_by = velvet.without_word(wanted_by, $1)
   where wanted_by <> velvet.without_word(wanted_by, $1)
  returning 1
)
select (select count(*) from requests)::integer as requests, (select count(*) from decisions)::integer as decisions,
  (select count(*) from rotations)::integer as rotations, (select count(*) from consumers)::integer as consumers,
  (select count(*) from objects)::integer as objects,
  (select count(*) from findings)::integer + (select count(*) from corrections)::integer as drift
