-- What people wrote, and who they are, beside the chains: a chain holds salted hashes only, so that texts and names can be erased and
-- the chain stays whole. Rows from before hold theirs in clear, and are never rewritten.

-- One row for each person who was ever named. Without salt and name: erased, and then the id is a number like any other.
create table velvet.actor (
  id bytea primary key check (length(id) = 32), -- SHA-256(salt || name)
  salt bytea check (length(salt) >= 16),
  name text unique,
  check ((salt is null) = (name is null))
);

-- A ticket, a reason, a message: what the member `field` of an audit row is the hash of. Without salt and text: erased.
create table velvet.audit_words (
  chain text not null,
  seq bigint not null,
  field text not null,
  salt bytea check (length(salt) >= 16),
  text text,                             -- SHA-256(salt || text) stands in the audit row
  primary key (chain, seq, field),
  check ((salt is null) = (text is null))
);

-- Erasing is the one change that is let through.
create function velvet.refuse_all_but_erasing() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.salt is null
    and to_jsonb(new) - 'salt' - 'name' - 'text' = to_jsonb(old) - 'salt' - 'name' - 'text' then
    return new;
  end if;
  raise exception 'words and names beside audit rows are erased, and never changed or removed' using errcode = 'insufficient_privilege';
end $$;
create trigger actor_rows_stay before update or delete on velvet.actor
  for each row execute function velvet.refuse_all_but_erasing();
create trigger actor_table_stays before truncate on velvet.actor
  for each statement execute function velvet.refuse_audit_change();
create trigger audit_words_rows_stay before update or delete on velvet.audit_words
  for each row execute function velvet.refuse_all_but_erasing();
create trigger audit_words_table_stays before truncate on velvet.audit_words
  for each statement execute function velvet.refuse_audit_change();

-- A key that follows another: the last checkpoint that the old one signs names the new one.
alter table velvet.checkpoint add column next_key text;
create index checkpoint_handing_over on velvet.checkpoint (size) where next_key is not null;

-- Does this text name that person or ticket, as a word of its own?
create function velvet.says(said text, word text) returns boolean language sql immutable as $$
  select said ~ ('(^|[^[:alnum:]_])' || regexp_replace(word, '([^[:alnum:][:space:]])', '\\\1', 'g') || '($|[^[:alnum:]_])')
$$;

-- JSON without the names and texts that name it. Only what people wrote or are called is looked at: a Credential may have the same name.
create function velvet.without_word(given jsonb, word text, place text default '') returns jsonb language plpgsql immutable as $$
begin
  case jsonb_typeof(given)
    when 'object' then
      return (select coalesce(jsonb_object_agg(e.name, velvet.without_word(e.member, word,
          case when e.name = 'name' and given ? 'decision' and given ? 'trust' then 'decidedBy' else e.name end)), '{}')
        from jsonb_each(given) as e (name, member));
    when 'array' then
      return (select coalesce(jsonb_agg(velvet.without_word(e.item, word, place) order by e.n), '[]')
        from jsonb_array_elements(given) with ordinality as e (item, n));
    when 'string' then
      if place in ('requestedBy', 'decidedBy', 'author', 'committer', 'ticket', 'reason', 'because', 'message')
        and velvet.says(given #>> '{}', word) then
        return to_jsonb('[erased]'::text);
      end if;
      return given;
    else
      return given;
  end case;
end $$;
