-- The rotations of the requests with these names ($1 namespace, $2 name), and of these Credentials ($3 namespace, $4 name) the live
-- one, or else the one that ended last: one in earnest, as a rehearsal says nothing of the consumers.
select w.*, clock_timestamp() as now
from velvet.rotation_world w
where (w.namespace, w.name) in (select * from unnest($1::text[], $2::text[]))
   or w.id in (
     select (
       select r.id from velvet.rotation r
       where r.credential = k.uid and (r.ended_at is null or r.flow <> 'Testing')
       order by r.ended_at desc nulls first, r.created_at desc
       limit 1)
     from velvet.credential k
     where (k.namespace, k.name) in (select * from unnest($3::text[], $4::text[])))
