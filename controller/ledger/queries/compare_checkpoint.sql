-- Does this ledger have the published checkpoint of hash $1, or did a person give it up? And which is its last, signed by which key?
select i.checkpoint_key as key, c.canonical, c.signature,
       exists (select from velvet.checkpoint where hash = $1::bytea) as known,
       exists (select from velvet.checkpoint where replaces <> '{}' and replaces @> array[$1::bytea]) as replaced
  from (values (1)) as one
  left join velvet.install i on true
  left join lateral (select canonical, signature from velvet.checkpoint order by size desc limit 1) c on true
