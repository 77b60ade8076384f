-- Which id has the person of the name $1? A new one gets $2, which is the hash of the salt $3 and the name. No row: somebody else is
-- making it known.
with known as (
  select id from velvet.actor where name = $1
), added as (
  insert into velvet.actor (id, salt, name)
  select $2, $3, $1 where not exists (select from known)
  on conflict (name) do nothing
  returning id
)
select encode(id, 'hex') as actor from known union all select encode(id, 'hex') from added
