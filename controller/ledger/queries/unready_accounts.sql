-- Which of the accounts $1, in just the generations $2, did not answer their last probe well?
select s.account, s.reason, s.message
from unnest($1::text[], $2::bigint[]) as asked (account, generation)
join velvet.account_status s on s.account = asked.account and s.generation = asked.generation
where not s.ready
order by s.account
