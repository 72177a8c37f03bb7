-- Finished recordings leave for the archive, and what names their objects.

-- What of a session's recording still lies in chunk. "hot_since" is the only indexed one of these, and
-- changes twice in a session's life.
alter table session
  add column hot_since timestamptz,
  add column hot_chunks integer not null default 0,
  add column hot_bytes bigint not null default 0,
  add column part_count integer not null default 0,
  add column archive_after timestamptz,
  add column merge_after timestamptz,
  add column archive_failures integer not null default 0,
  add column archive_error text;
comment on column session.hot_since is 'When the first of the chunks came that are not archived yet; null when all are.';
comment on column session.hot_bytes is 'Size of these chunks, compressed as they came.';
comment on column session.part_count is 'How many objects of the archive the recording has.';
comment on column session.archive_after is 'Not to be archived or merged before: the lease of whoever does it now, or a pause after a failure.';
comment on column session.merge_after is 'Its parts are not to be merged before: one of them cannot be read. What comes late is archived all the same.';
comment on column session.archive_error is 'Why the last try to archive or merge it failed; null when it did not.';

update session set hot_since = waiting.since, hot_chunks = waiting.chunks, hot_bytes = waiting.bytes
from (
  select project_id, session_id, min(received_at) as since, count(*) as chunks,
    sum(octet_length(payload)) as bytes
  from chunk
  group by project_id, session_id
) waiting
where session.project_id = waiting.project_id and session.id = waiting.session_id;

create index session_hot_since on session (hot_since) where hot_since is not null;
create index session_in_parts on session (project_id, id) where part_count > 1;

create table project_key (
  project_id uuid primary key references project on delete cascade,
  secret     bytea not null
);
comment on table project_key is 'Wraps the keys of a project''s recordings.';

create table recording_part (
  project_id  uuid not null,
  session_id  uuid not null,
  object      text not null,
  bytes       bigint not null,
  raw_bytes   bigint not null,
  chunk_bytes bigint not null,
  frame_count integer not null,
  event_count bigint not null,
  first_at    timestamptz not null,
  last_at     timestamptz not null,
  activity    integer[] not null,
  data_key    bytea,
  cold        boolean not null default false,
  archived_at timestamptz not null default now(),
  primary key (project_id, object),
  foreign key (project_id, session_id) references session on delete cascade
);
comment on table recording_part is 'An object of the archive that holds frames of a recording; they are in no chunk any more.';
comment on column recording_part.object is 'The object''s name, without the project''s id that its key begins with.';
comment on column recording_part.raw_bytes is 'Size of its events as lines of JSON.';
comment on column recording_part.chunk_bytes is 'Size that the same frames had as chunks.';
comment on column recording_part.activity is 'Events made by the person''s own hand, in equal slots of the time from first_at to last_at.';
comment on column recording_part.data_key is 'The object''s key, wrapped by the project''s: without this row nobody can read any copy of the object. Null when it is not encrypted.';
create index recording_part_session on recording_part (project_id, session_id);

create table doomed_object (
  project_id uuid not null,
  object     text not null,
  reason     text not null,
  not_before timestamptz not null,
  doomed_at  timestamptz not null default now(),
  cold       boolean not null,
  deleting   boolean not null default false,
  failures   integer not null default 0,
  error      text,
  primary key (project_id, object, cold)
);
comment on table doomed_object is 'Objects that the archive is to be rid of, and those about to be put there: a crash leaves none that nothing names. Has no project to refer to, as it outlives it.';
comment on column doomed_object.reason is 'planned: about to be put, and saved from here by the transaction that records it; replaced, removed: its row is gone; moved: its row names a copy in the other tier; orphan: nothing ever named it.';
comment on column doomed_object.deleting is 'The deletion has begun: nothing saves it any more.';
create index doomed_object_not_before on doomed_object (not_before);

-- However a part's row goes, by itself or with its session or project, its object goes too.
create function doom_object() returns trigger
  language plpgsql security definer
  set search_path = public, pg_temp
as $$
begin
  insert into doomed_object (project_id, object, cold, reason, not_before)
  select project_id, object, cold, 'removed', now() from gone
  on conflict do nothing;
  return null;
end $$;
create trigger doom_object after delete on recording_part
  referencing old table as gone
  for each statement execute function doom_object();

create table job (
  name         text primary key,
  holder       uuid,
  leased_until timestamptz,
  started_at   timestamptz not null,
  finished_at  timestamptz,
  progress     jsonb
);
comment on table job is 'Work that one node at a time does now and then for all.';
comment on column job.finished_at is 'When it was last done to its end.';
alter table job enable row level security;
create policy write on job to backspool_writer using (true) with check (true);

do $$
declare
  tenant text;
begin
  foreach tenant in array array['project_key', 'recording_part', 'doomed_object'] loop
    execute format('alter table %I enable row level security', tenant);
    execute format('create policy read on %I for select to backspool_reader using (project_id = backspool_project())', tenant);
    execute format('create policy write on %I to backspool_writer using (true) with check (true)', tenant);
  end loop;
end $$;
