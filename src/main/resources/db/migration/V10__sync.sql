-- What the copies of the data elsewhere are behind of, and how far each of them is.

-- Numbers changes. No cache: a number that a connection keeps for later would be older than it looks.
create sequence sync_seq;

create table sync_key (
  project_id uuid not null,
  source     smallint not null,
  key        bytea not null,
  seq        bigint not null,
  xid        xid8 not null,
  is_gone    boolean not null,
  changed_at timestamptz not null default now(),
  primary key (project_id, source, key)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);
comment on table sync_key is 'The key of each row that was written, when it was written last, and by which transaction. Keys only, and no reference to the project: it tells of what is gone.';
comment on column sync_key.source is 'The number given to sync_track.';
comment on column sync_key.seq is 'Grows with each change of the key, because that waits for the one before. Says nothing of other keys.';
comment on column sync_key.is_gone is 'The row was deleted: the key goes as soon as every sink has passed it.';
-- A key may name somebody: the planner is to quote none.
alter table sync_key alter column key set statistics 0;
create index sync_key_changes on sync_key (project_id, source, xid, seq);
create index sync_key_gone on sync_key (project_id) where is_gone;

create table sync_batch (
  project_id        uuid not null,
  xid               xid8 not null,
  seq               bigint not null,
  from_id           bigint not null,
  to_id             bigint not null,
  first_received_at timestamptz not null,
  last_received_at  timestamptz not null,
  row_count         bigint not null,
  changed_at        timestamptz not null default now(),
  primary key (project_id, xid, seq)
);
comment on table sync_batch is 'Events that were stored by one statement. Others'' may lie between the ids: events are copied again without harm.';

create table sync_forget (
  project_id     uuid not null,
  xid            xid8 not null default pg_current_xact_id(),
  seq            bigint not null default nextval('sync_seq'),
  received_from  timestamptz not null,
  received_until timestamptz not null,
  changed_at     timestamptz not null default now(),
  primary key (project_id, xid, seq)
);
comment on table sync_forget is 'Days whose events were dropped with their partition, which no trigger sees.';

create table sync_sink (
  id          uuid primary key,
  project_id  uuid,
  kind        text not null,
  name        text not null,
  connection  bytea,
  place       text,
  is_required boolean not null,
  is_paused   boolean not null default false,
  created_at  timestamptz not null default now(),
  seen_at     timestamptz not null default now(),
  failures    integer not null default 0,
  error       text,
  error_kind  text,
  error_at    timestamptz,
  retry_at    timestamptz
);
comment on table sync_sink is 'Destinations. No reference to the project: when that is deleted its rows have yet to go from the sink.';
comment on column sync_sink.project_id is 'Whose own it is; null is one for all projects.';
comment on column sync_sink.connection is 'Address and password, encrypted.';
comment on column sync_sink.place is 'Where it is, for one that only one node can reach.';
comment on column sync_sink.is_required is 'Events stay in PostgreSQL until it has them.';
create unique index sync_sink_place on sync_sink (place);
create index sync_sink_project on sync_sink (project_id);

create table sync_cursor (
  sink_id      uuid not null references sync_sink on delete cascade,
  project_id   uuid not null,
  mapping      text not null,
  source       smallint not null,
  revision     integer not null,
  generation   integer not null,
  database     text not null,
  snapshot     pg_snapshot not null,
  target       pg_snapshot,
  stage        smallint not null default 0,
  xid          xid8 not null default '0',
  seq          bigint not null default 0,
  is_loading   boolean not null,
  load_after   jsonb,
  loaded       bigint not null default 0,
  load_total   bigint,
  delivered    bigint not null default 0,
  delivered_at timestamptz,
  stop_reason  text,
  stopped_at   timestamptz,
  primary key (sink_id, project_id, mapping)
);
alter table sync_cursor alter column load_after set statistics 0;
comment on table sync_cursor is 'How far a sink is with a mapping of a project.';
comment on column sync_cursor.generation is 'Counts full loads. Whatever a load brings has a higher version than anything of the loads before.';
comment on column sync_cursor.database is 'Which database it counts in: after a restore it is another.';
comment on column sync_cursor.snapshot is 'All changes that this sees are in the sink, unless it is being loaded.';
comment on column sync_cursor.target is 'While the changes up to here are read in pages. Stage, xid and seq tell where the next page begins.';
comment on column sync_cursor.load_after is 'The order columns of the last row that was loaded.';
comment on column sync_cursor.stop_reason is 'Nothing goes there until a resync.';
create index sync_cursor_project on sync_cursor (project_id);

create table sync_quarantine (
  sink_id    uuid not null references sync_sink on delete cascade,
  project_id uuid not null,
  mapping    text not null,
  key        bytea not null,
  version    bigint not null,
  reason     text not null,
  since      timestamptz not null default now(),
  primary key (sink_id, project_id, mapping, key)
);
alter table sync_quarantine alter column key set statistics 0;
comment on table sync_quarantine is 'Rows that a sink does not take. The next change of the row, or a resync, tries again.';

create table sync_stage (
  name      text primary key,
  is_paused boolean not null default false
);
comment on table sync_stage is 'What can be paused everywhere at once: tail, load, tidy.';
insert into sync_stage (name) values ('tail'), ('load'), ('tidy');

create table sync_secret (
  one    boolean primary key default true check (one),
  secret bytea not null
);
comment on table sync_secret is 'Encrypts the connections of sinks.';

do $$
declare
  name text;
begin
  foreach name in array array[
    'sync_key', 'sync_batch', 'sync_forget', 'sync_sink', 'sync_cursor', 'sync_quarantine',
    'sync_stage', 'sync_secret']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy write on %I to backspool_writer using (true) with check (true)', name);
  end loop;
end $$;

-- A key of two texts.
create function sync_pair(one text, other text) returns bytea
  language sql immutable strict parallel safe
  return int4send(octet_length(convert_to(one, 'UTF8'))) || convert_to(one, 'UTF8') || convert_to(other, 'UTF8');

-- Tells whoever copies which projects have something new. Once for each commit, however often it is called.
create function sync_tell(projects uuid[]) returns void
  language sql
as $$
  select pg_notify('backspool_sync', project::text) from unnest(projects) as project
$$;

-- Notes the keys of all rows of a table that are written or deleted from now on, by statement.
--
-- rows: what the keys are of, where the_rows stands for the rows that a statement wrote or deleted
-- key: a row's key, as Source reads it
-- moves_only: a key is all there is of a row; one that was there before and is there after did not change
create function sync_track(tracked regclass, source integer, rows text, key text, moves_only boolean default false) returns void
  language plpgsql
as $make$
declare
  named text := 'sync_note_' || source;
  -- The number is drawn again once the row is locked: the first may be older than the one that was waited for.
  note text := format($note$
        with noted as (
          insert into sync_key as known (project_id, source, key, seq, xid, is_gone)
          select project_id, %s, key, nextval('sync_seq'), pg_current_xact_id(), is_gone
          from (select distinct project_id, key, is_gone from (the_keys) each_row order by 1, 2) changed
          on conflict (project_id, source, key) do update set
            seq = nextval('sync_seq'), xid = excluded.xid,
            is_gone = excluded.is_gone, changed_at = excluded.changed_at
          returning project_id
        )
        select array_agg(distinct project_id) into projects from noted;$note$, source);
  keys text := format('select project_id, %s as key, a_flag as is_gone from %s', key, rows);
begin
  execute format($function$
    create function %I() returns trigger
      language plpgsql security definer
      set search_path = public, pg_temp
    as $body$
    declare
      projects uuid[];
    begin
      if tg_op = 'INSERT' then %s
      elsif tg_op = 'UPDATE' then %s
      else %s
      end if;
      perform sync_tell(projects);
      return null;
    end $body$
    $function$,
    named,
    replace(note, 'the_keys', replace(replace(keys, 'the_rows', 'fresh'), 'a_flag', 'false')),
    replace(note, 'the_keys', format(
      'select project_id, key, bool_and(is_gone) as is_gone from (%s union all %s) both_sides group by 1, 2 %s',
      replace(replace(keys, 'the_rows', 'fresh'), 'a_flag', 'false'),
      replace(replace(keys, 'the_rows', 'stale'), 'a_flag', 'true'),
      case when moves_only then 'having bool_and(is_gone) = bool_or(is_gone)' else '' end)),
    -- With a project all of its rows go from the sinks at once.
    replace(note, 'the_keys', format(
      'select * from (%s) those where exists (select from project where id = those.project_id)',
      replace(replace(keys, 'the_rows', 'stale'), 'a_flag', 'true'))));
  execute format('revoke execute on function %I() from public', named);
  perform sync_watch(tracked, source, true);
end $make$;

-- Puts the triggers of a source on a table.
create function sync_watch(tracked regclass, source integer, inserts boolean) returns void
  language plpgsql
as $$
begin
  if inserts then
    execute format(
      'create or replace trigger sync_insert_%2$s after insert on %1$s referencing new table as fresh
       for each statement execute function sync_note_%2$s()', tracked, source);
  end if;
  execute format(
    'create or replace trigger sync_update_%2$s after update on %1$s referencing new table as fresh old table as stale
     for each statement execute function sync_note_%2$s()', tracked, source);
  execute format(
    'create or replace trigger sync_delete_%2$s after delete on %1$s referencing old table as stale
     for each statement execute function sync_note_%2$s()', tracked, source);
end $$;

select sync_track('project', 1, '(select *, id as project_id from the_rows) as project', 'uuid_send(id)');
select sync_track('project', 2,
  '(select id as project_id, kind from the_rows cross join (values (''sdk''), (''publishable''), (''client'')) as kinds (kind)) as write_key',
  'convert_to(kind, ''UTF8'')');
select sync_track('profile', 3, 'the_rows', 'convert_to(id, ''UTF8'')');
select sync_track('profile_group', 4, 'the_rows', 'convert_to(id, ''UTF8'')');
select sync_track('profile', 5,
  'the_rows cross join lateral unnest(groups) as member (group_id)', 'sync_pair(id, group_id)', true);
select sync_track('session', 6, 'the_rows', 'uuid_send(id)');
select sync_track('session', 7, '(select * from the_rows where chunk_count > 0) as recorded', 'uuid_send(id)');

-- Events are stored in bulk: what is noted of them is where they lie. Only those that change or go
-- have keys; that is deleted from the partitions, past the table's own triggers.
select sync_track('event', 8, 'the_rows', 'int8send(id)');
drop trigger sync_insert_8 on event;

create function sync_note_events() returns trigger
  language plpgsql security definer
  set search_path = public, pg_temp
as $$
declare
  projects uuid[];
begin
  with noted as (
    insert into sync_batch (
      project_id, xid, seq, from_id, to_id, first_received_at, last_received_at, row_count)
    select
      project_id, pg_current_xact_id(), nextval('sync_seq'), min(id), max(id), min(received_at),
      max(received_at), count(*)
    from fresh
    group by project_id
    returning project_id
  )
  select array_agg(project_id) into projects from noted;
  perform sync_tell(projects);
  return null;
end $$;
revoke execute on function sync_note_events() from public;

-- Statements on the table as a whole, or on a partition, past it: COPY into a partition inserts many
-- rows at once, which it gives up where a partitioned table has such a trigger.
create function sync_watch_events(tracked regclass) returns void
  language plpgsql
as $$
begin
  perform sync_watch(tracked, 8, false);
  execute format(
    'create or replace trigger sync_insert_8 after insert on %s referencing new table as fresh
     for each statement execute function sync_note_events()', tracked);
end $$;

do $$
declare
  partition regclass;
begin
  perform sync_watch_events('event');
  for partition in select inhrelid from pg_inherits where inhparent = 'event'::regclass loop
    perform sync_watch_events(partition);
  end loop;
end $$;

create or replace function add_event_day(day date) returns void
  language plpgsql
as $$
declare
  partition text := 'event_' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass(partition) is not null then
    return;
  end if;
  execute format('create table %I partition of event for values from (%L) to (%L)',
    partition, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
  execute format('alter table %I enable row level security', partition);
  execute format('create policy read on %I for select to backspool_reader using (project_id = backspool_project())', partition);
  execute format('create policy write on %I to backspool_writer using (true) with check (true)', partition);
  perform sync_watch_events(partition::regclass);
end $$;

-- Deletes keys of what was deleted that no sink is to be told of any more: of a project, or, where
-- that is null, of all. A cursor that is stopped begins anew one day, from a later snapshot.
create function sync_forget_gone(project uuid, most integer) returns bigint
  language sql security definer
  set search_path = public, pg_temp
as $$
  with passed as (
    select noted.ctid as place from sync_key as noted
    where noted.is_gone and (project is null or noted.project_id = project)
      and not exists (
        select from sync_cursor as cursor
        where cursor.project_id = noted.project_id and cursor.source = noted.source
          and cursor.stop_reason is null
          and not pg_visible_in_snapshot(noted.xid, cursor.snapshot))
    limit most
  ), deleted as (
    delete from sync_key where ctid = any(array(select place from passed)) and is_gone returning 1
  )
  select count(*) from deleted
$$;
revoke execute on function sync_forget_gone from public;
grant execute on function sync_forget_gone to backspool_writer;

-- With its project, all that a sink holds of it goes.
create function sync_tell_deleted() returns trigger
  language plpgsql security definer
  set search_path = public, pg_temp
as $$
begin
  perform sync_tell(array(select id from stale));
  return null;
end $$;
revoke execute on function sync_tell_deleted() from public;
create trigger sync_deleted after delete on project referencing old table as stale
  for each statement execute function sync_tell_deleted();

-- Emptying a table as a whole tells no keys: everything is loaded again.
create function sync_reload() returns trigger
  language plpgsql security definer
  set search_path = public, pg_temp
as $$
begin
  update sync_cursor set generation = generation + 1, is_loading = true, load_after = null
  where source = any(string_to_array(tg_argv[0], ',')::smallint[]);
  perform pg_notify('backspool_sync', '');
  return null;
end $$;
revoke execute on function sync_reload() from public;
do $$
declare
  tracked record;
begin
  for tracked in
    select * from (values
      ('project', '1,2'), ('profile', '3,5'), ('profile_group', '4'), ('session', '6,7'),
      ('event', '8')) as tables (name, sources)
  loop
    execute format(
      'create trigger sync_truncated after truncate on %I for each statement execute function sync_reload(%L)',
      tracked.name, tracked.sources);
  end loop;
end $$;

-- Which database this is: another one after a restore, or after another server took over.
create function sync_database() returns text
  language sql stable security definer
  set search_path = public, pg_temp
  return (
    select format('%s/%s/%s', system_identifier, (select oid from pg_database where datname = current_database()), timeline_id)
    from pg_control_system(), pg_control_checkpoint());
revoke execute on function sync_database() from public;
grant execute on function sync_database() to backspool_writer;
