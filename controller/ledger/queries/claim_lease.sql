-- Is the singleton $1 free, and now ours? $2 claim uuid, $3 who claims, $4 for how many milliseconds. No row: another one holds it.
insert into velvet.lease (name, fence, claim, claimed_by, lease_until)
values ($1, 1, $2, $3, clock_timestamp() + $4::double precision * interval '1 millisecond')
on conflict (name) do update
   set fence = lease.fence + 1,
       claim = excluded.claim,
       claimed_by = excluded.claimed_by,
       lease_until = clock_timestamp() + $4::double precision * interval '1 millisecond'
 where lease.lease_until < clock_timestamp()
returning fence
