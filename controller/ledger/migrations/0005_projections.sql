-- Whatever people are shown of an object is projected again when it changes: the outbox names it, and its reader reads it anew.

create function velvet.touch(touched text, place text) returns void language sql as $$
  insert into velvet.outbox as b (topic, key) values (touched, place)
  on conflict (topic, key) do update set version = b.version + 1, changed_at = clock_timestamp()
$$;

create function velvet.touch_object() returns trigger language plpgsql as $$
begin
  perform velvet.touch(new.kind, new.namespace || '/' || new.name);
  return null;
end $$;

-- The kind of the object that shows this row is the trigger's argument.
create function velvet.touch_named() returns trigger language plpgsql as $$
begin
  perform velvet.touch(tg_argv[0], new.namespace || '/' || new.name);
  return null;
end $$;

create function velvet.touch_account() returns trigger language plpgsql as $$
begin
  perform velvet.touch('VendorAccount', '/' || new.account);
  return null;
end $$;

create function velvet.touch_retired() returns trigger language plpgsql as $$
begin
  perform velvet.touch('Credential', k.namespace || '/' || k.name) from velvet.credential k where k.uid = new.credential;
  return null;
end $$;

create trigger object_is_shown after insert or update on velvet.object
  for each row execute function velvet.touch_object();
create trigger request_is_shown after insert or update on velvet.request
  for each row execute function velvet.touch_named('RotationRequest');
create trigger decision_is_shown after insert or update on velvet.decision
  for each row execute function velvet.touch_named('RotationDecision');
create trigger credential_is_shown after insert or update on velvet.credential
  for each row execute function velvet.touch_named('Credential');
create trigger retired_is_shown after insert or update of state, destroy_after, error on velvet.retired
  for each row execute function velvet.touch_retired();
create trigger account_is_shown after insert or update of ready, reason, message, remaining on velvet.account_status
  for each row execute function velvet.touch_account();
