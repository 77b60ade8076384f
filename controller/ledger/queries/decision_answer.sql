-- What did the engine answer to the decision $1?
select state, reason, message from velvet.decision where uid = $1
