-- A new telling begins: its uuids begin with $1 and are counted from 1, and its source $1 is past its first look.
with counted as (
  select setval('sim.ids', 1, false), set_config('sim.telling', $1, false)
)
insert into velvet.source (name, kind, baseline)
select $1, 'git', true from counted
