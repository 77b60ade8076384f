-- What begins or goes on as soon as rotations may: requests that wait, and rotations that are under way.
select 'request' as kind, namespace, name from velvet.request where state = 'pending'
union all
select 'rotation', namespace, name from velvet.rotation where ended_at is null
 order by kind, namespace, name
