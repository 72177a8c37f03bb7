-- Persons and sessions that were erased: the receipts, and what keeps them from being recorded again.

create table erasure (
  project_id         uuid not null references project on delete cascade,
  id                 uuid not null,
  kind               text not null,
  subject            bytea not null,
  requested_at       timestamptz not null default now(),
  rows_removed_at    timestamptz,
  objects_removed_at timestamptz,
  vacuumed_at        timestamptz,
  lifted_at          timestamptz,
  removed            jsonb not null default '{}',
  touched            text[] not null default '{}',
  primary key (project_id, id)
);
comment on table erasure is 'Receipts of what was erased. They name nobody: whom they are about is a hash, which can be proved and not read.';
comment on column erasure.kind is 'session or profile.';
comment on column erasure.subject is 'HMAC-SHA256 of kind and id, keyed with the project''s erasure_secret.';
comment on column erasure.rows_removed_at is 'When the last row was gone; null while the erasure goes on.';
comment on column erasure.objects_removed_at is 'When the archive was rid of the last object.';
comment on column erasure.vacuumed_at is 'When PostgreSQL had freed the place of the rows.';
comment on column erasure.lifted_at is 'When its tombstones were taken away.';
comment on column erasure.removed is 'How many of what was removed.';
comment on column erasure.touched is 'Tables that lost rows, to be vacuumed.';
create index erasure_project_id_requested_at_id on erasure (project_id, requested_at desc, id desc);
create unique index erasure_going_on on erasure (project_id, subject) where rows_removed_at is null;
create index erasure_to_do on erasure (requested_at)
  where rows_removed_at is null or objects_removed_at is null or vacuumed_at is null;

create table erasure_object (
  project_id uuid not null,
  erasure_id uuid not null,
  object     text not null,
  primary key (project_id, erasure_id, object),
  foreign key (project_id, erasure_id) references erasure on delete cascade
);
comment on table erasure_object is 'The objects of the archive that an erasure removed.';

create table erasure_task (
  project_id uuid not null,
  erasure_id uuid not null,
  kind       text not null,
  value      text not null,
  primary key (project_id, erasure_id, kind, value),
  foreign key (project_id, erasure_id) references erasure on delete cascade
);
comment on table erasure_task is 'What an erasure has still to remove, in clear: whoever goes on after a crash must know. Gone when the rows are.';

create table erasure_secret (
  project_id uuid primary key references project on delete cascade,
  secret     bytea not null
);
comment on table erasure_secret is 'Keys the hashes in erasure and tombstone: with it gone they tell nothing.';

create table tombstone (
  project_id uuid not null,
  mark       bytea not null,
  erasure_id uuid not null,
  primary key (project_id, mark, erasure_id),
  foreign key (project_id, erasure_id) references erasure on delete cascade
);
comment on table tombstone is 'What must not be recorded again. A writer locks this table in row share mode before it looks, so that an erasure can wait for the writers that looked before it.';
comment on column tombstone.mark is 'HMAC-SHA256 of what an upload may name: a session, its opener, its tab, its profile.';
create index tombstone_erasure on tombstone (project_id, erasure_id);

create function sum_counts(one jsonb, other jsonb) returns jsonb
  language sql immutable
  return (
    select coalesce(jsonb_object_agg(kind, total), '{}')
    from (
      select key as kind, sum(value::bigint) as total
      from (select * from jsonb_each_text(one) union all select * from jsonb_each_text(other)) as count
      group by key
    ) summed);

-- Where the SDK names the session, the session's row has no device_id: that would make it the place
-- of the device's other events. Whose device it was is told here.
alter table session add column devices text[] not null default '{}';
comment on column session.devices is 'Devices that the events of a session came from whose SDK names it; elsewhere device_id is the one.';
update session set devices = seen.devices
from (
  select project_id, session_id, array_agg(distinct device_id) as devices
  from event
  where session_id is not null and device_id is not null
  group by project_id, session_id
) seen
where session.project_id = seen.project_id and session.id = seen.session_id
  and session.device_id is null;
create index session_devices on session using gin (devices) where devices <> '{}';

-- An object that is to go may be all that is left of somebody: it is known whose it was until then.
alter table doomed_object add column session_id uuid;
comment on column doomed_object.session_id is 'Whose recording it was a part of; null where nobody knows, or nobody may any more.';
create index doomed_object_session on doomed_object (project_id, session_id) where session_id is not null;

create or replace function doom_object() returns trigger
  language plpgsql security definer
  set search_path = public, pg_temp
as $$
begin
  insert into doomed_object (project_id, object, cold, reason, not_before, session_id)
  select project_id, object, cold, 'removed', now(), session_id from gone
  on conflict do nothing;
  return null;
end $$;

create index receipt_project_id_session_id on receipt (project_id, session_id);

-- The senders' own ids of events may name the sender, and no row tells whose they were. Kept as
-- hashes they tell nothing. A number behind a colon stays, so that the keys of one batch lie together.
create function event_key_hash(key text) returns bytea
  language sql immutable parallel safe
  return case
    when key ~ ':(0|[1-9][0-9]{0,8})$' then
      substring(sha256(convert_to(regexp_replace(key, ':[0-9]+$', ''), 'UTF8')) for 12)
      || int4send(substring(key from '[0-9]+$')::int)
    else substring(sha256(convert_to(key, 'UTF8')) for 16)
  end;
alter table event_key alter column key type bytea using event_key_hash(key);
comment on column event_key.key is 'A hash of the id, as event_key_hash makes it.';

do $$
declare
  tenant text;
begin
  foreach tenant in array array['erasure', 'erasure_object', 'erasure_task', 'erasure_secret', 'tombstone'] loop
    execute format('alter table %I enable row level security', tenant);
    execute format('create policy write on %I to backspool_writer using (true) with check (true)', tenant);
  end loop;
  foreach tenant in array array['erasure', 'erasure_object'] loop
    execute format('create policy read on %I for select to backspool_reader using (project_id = backspool_project())', tenant);
  end loop;
end $$;
