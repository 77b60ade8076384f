-- Which statements give the controller's role $1 what it needs, and no more? In order.
select format(statement, $1::text) as statement
  from (values
    (1, 'grant usage on schema velvet to %I'),
    (2, 'grant select, insert, update, delete on all tables in schema velvet to %I'),
    (3, 'revoke update, delete, truncate, trigger on velvet.audit, velvet.audit_words, velvet.actor, velvet.checkpoint, '
      || 'velvet.checkpoint_head from %I'),
    (4, case when $1 = current_user then 'revoke truncate on velvet.audit from %I'
             else 'revoke insert, update, delete on velvet.migration from %I' end)
  ) as grants (place, statement)
 order by place
