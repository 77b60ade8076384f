-- Whether the ledger answers.
select 1 as answers
