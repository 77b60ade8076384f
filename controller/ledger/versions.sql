-- What the migrator itself needs, before the first migration.
create schema if not exists velvet;
create table if not exists velvet.migration (
  version integer primary key,
  name text not null,
  hash bytea not null,                   -- SHA-256 of the file
  applied_at timestamptz not null default clock_timestamp()
);
