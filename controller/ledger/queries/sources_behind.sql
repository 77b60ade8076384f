-- Which sources were not read since something is held, so that nobody knows what stands there?
select s.name from velvet.source s
where exists (select from velvet.hold)
  and (s.synced_at is null or s.synced_at < (select min(found_at) from velvet.hold))
order by s.name
