-- What the scheduler asks for is shown on the cluster that has its Credential: once, as soon as that answers.

-- The topic Scheduled holds namespace/name of each request that is to stand there as an object.
create function velvet.show_scheduled() returns trigger language plpgsql as $$
begin
  perform velvet.touch('Scheduled', new.namespace || '/' || new.name)
  from velvet.object k join velvet.source s on s.name = k.source and s.kind = 'kubernetes'
  where k.uid = (new.origin ->> 'credential')::uuid and k.present;
  return null;
end $$;

create trigger request_is_scheduled after insert on velvet.request
  for each row when (new.origin ->> 'kind' = 'schedule') execute function velvet.show_scheduled();

-- Those that were asked for before, and are not over.
insert into velvet.outbox (topic, key)
select 'Scheduled', q.namespace || '/' || q.name
from velvet.request q
join velvet.object k on k.uid = (q.origin ->> 'credential')::uuid and k.present
join velvet.source s on s.name = k.source and s.kind = 'kubernetes'
left join velvet.rotation r on r.id = q.rotation
where q.origin ->> 'kind' = 'schedule' and (q.state = 'pending' or (r.id is not null and r.ended_at is null))
on conflict do nothing;
