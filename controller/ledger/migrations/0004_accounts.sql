-- Vendor accounts: how each one's last probe went, and what is left of what its vendor allows. Both are shared by all replicas.

create table velvet.account_status (
  account text primary key,
  generation bigint not null,            -- of the VendorAccount that was probed
  ready boolean,                         -- null until its first probe has ended
  reason text not null default 'NotProbed',
  message text not null default '',
  remaining bigint,                      -- requests that the vendor still allows, where it tells
  probed_at timestamptz,
  changed_at timestamptz not null default clock_timestamp(), -- when `ready` or `reason` last changed
  next_probe_at timestamptz not null     -- while a probe runs: when another replica may try
);

-- One row for each account that was ever called. Requests are let through one after the other, at the pace that is allowed.
create table velvet.account_budget (
  account text primary key,
  next_at timestamptz not null,          -- when a request would be let through if none had been saved up
  granted boolean not null,              -- whether the last one that asked was let through
  blocked_until timestamptz not null default '-infinity' -- the vendor said to send nothing until then
);
