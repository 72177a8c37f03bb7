-- Days of events that have left PostgreSQL for the archive: an object for each project and day.

create table event_day (
  project_id  uuid not null references project on delete cascade,
  day         date not null,
  object      text not null,
  bytes       bigint not null,
  raw_bytes   bigint not null,
  event_count bigint not null,
  first_id    bigint not null,
  last_id     bigint not null,
  sha256      bytea not null,
  names       bytea not null,
  data_key    bytea,
  archived_at timestamptz not null default now(),
  primary key (project_id, day)
);
comment on table event_day is 'An object of the archive that holds a project''s events which were received on a UTC day; they are in no table any more.';
comment on column event_day.object is 'The object''s name, without the project''s id that its key begins with.';
comment on column event_day.raw_bytes is 'Size of its events as lines of JSON.';
comment on column event_day.first_id is 'The lowest of its events'' ids.';
comment on column event_day.sha256 is 'Of the whole object, as it lies in the archive.';
comment on column event_day.names is 'A filter that tells which people and sessions none of the events names.';
comment on column event_day.data_key is 'The object''s key, wrapped by the project''s: without this row nobody can read any copy of the object. Null when it is not encrypted.';
alter table event_day alter column names set storage external;
create unique index event_day_object on event_day (project_id, object);

-- However a day's row goes, by itself or with its project, its object goes too.
create function doom_event_day() returns trigger
  language plpgsql security definer
  set search_path = public, pg_temp
as $$
begin
  insert into doomed_object (project_id, object, cold, reason, not_before)
  select project_id, object, false, 'removed', now() from gone
  on conflict do nothing;
  return null;
end $$;
revoke execute on function doom_event_day() from public;
create trigger doom_event_day after delete on event_day
  referencing old table as gone
  for each statement execute function doom_event_day();

-- Whatever else comes to name objects is to be added here: those who delete ask this view.
create view named_object with (security_invoker = true) as
  select project_id, object, cold from recording_part
  union all
  select project_id, object, false from event_day;
comment on view named_object is 'The objects of the archive that a row is in charge of; all others may be deleted.';

create table event_day_changed (
  day date primary key
);
comment on table event_day_changed is 'Days in whose partition something was written since watch_event_day was called: what was read before that is not what there is.';

do $$
declare
  name text;
begin
  foreach name in array array['event_day', 'event_day_changed'] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy write on %I to backspool_writer using (true) with check (true)', name);
  end loop;
  create policy read on event_day for select to backspool_reader using (project_id = backspool_project());
end $$;

create function note_event_day_change() returns trigger
  language plpgsql security definer
  set search_path = public, pg_temp
as $$
begin
  insert into event_day_changed (day) values (tg_argv[0]::date) on conflict do nothing;
  return null;
end $$;
revoke execute on function note_event_day_change() from public;

-- Has every write to a day's partition noted from now on, through whichever table it comes; nothing
-- is noted yet. By row: a statement on the parent fires no trigger of a partition but these.
create function watch_event_day(day date) returns void
  language plpgsql
as $$
begin
  execute format(
    'create or replace trigger event_day_changed after insert or update or delete on %I
     for each row execute function note_event_day_change(%L)',
    'event_' || to_char(day, 'YYYYMMDD'), day);
  delete from event_day_changed where event_day_changed.day = watch_event_day.day;
end $$;
