-- Does this ledger have the published checkpoint of hash $1, or did a person give it up? Which is its last,
-- and by which key was the first one signed, which later ones handed over to others?
select i.checkpoint_key as key, c.canonical, c.signature,
       exists (select from velvet.checkpoint where hash = $1::bytea) as known,
       exists (select from velvet.checkpoint where replaces <> '{}' and replaces @> array[$1::bytea]) as replaced,
       (select json_agg(json_build_object('canonical', encode(canonical, 'hex'), 'signature', encode(signature, 'hex')) order by size)
          from velvet.checkpoint where next_key is not null) as handovers
  from (values (1)) as one
  left join velvet.install i on true
  left join lateral (select canonical, signature from velvet.checkpoint order by size desc limit 1) c on true
