-- What is there to tell of rotation $1, whatever became of it since?
select *, clock_timestamp() as now from velvet.rotation_world where id = $1
