-- Which credential at the vendor is the current one of credential $1? Nobody changes that until the transaction ends.
select current_id as "currentId" from velvet.credential where uid = $1 for update
