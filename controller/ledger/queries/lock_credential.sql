-- Until the transaction ends no rotation of credential $1 begins.
select uid from velvet.credential where uid = $1 for update
