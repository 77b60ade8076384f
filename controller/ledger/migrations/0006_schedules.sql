-- When each Credential is due, as the scheduler last reckoned it: so that a pass looks at what changed or is due, and not at everything.

create table velvet.schedule (
  credential uuid primary key references velvet.object (uid),
  -- What it was reckoned from; another value means: reckon again.
  generation bigint not null,
  known_at timestamptz,
  due_at timestamptz,
  starts_at timestamptz,
  because text not null default '',
  due boolean not null default false,
  -- Why it does not begin although it is due; empty where nothing keeps it.
  waits_for text not null default '',
  next_look_at timestamptz not null
);

create index schedule_next_look on velvet.schedule (next_look_at);
create index request_scheduled on velvet.request (namespace, (spec -> 'credentialRef' ->> 'name')) where origin ->> 'kind' = 'schedule';
create index request_pending_for on velvet.request (namespace, (spec -> 'credentialRef' ->> 'name')) where state = 'pending';
