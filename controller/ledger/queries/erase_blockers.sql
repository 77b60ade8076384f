-- What is still under way and names $1? It needs what it names, and nothing of it is erased before it has ended.
select 'request' as kind, namespace, name from velvet.request
 where state = 'pending' and spec <> velvet.without_word(spec, $1)
union all
select 'decision', namespace, name from velvet.decision
 where state = 'pending' and spec <> velvet.without_word(spec, $1)
union all
select 'rotation', namespace, name from velvet.rotation r
 where ended_at is null and (snapshot -> 'request' <> velvet.without_word(snapshot -> 'request', $1)
   or facts <> velvet.without_word(facts, $1)
   or exists (select from velvet.consumer c where c.rotation = r.id and c.facts <> velvet.without_word(c.facts, $1))
   or exists (select from velvet.decision d where d.namespace = r.namespace and d.request_name = r.name
     and d.spec <> velvet.without_word(d.spec, $1)))
 order by 1, 2, 3
 limit 20
