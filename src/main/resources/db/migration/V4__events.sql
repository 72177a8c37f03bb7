-- Analytics events, the people and groups they tell of, and what a session knows from them.

alter table project
  add column allow_unsafe_revenue boolean not null default false,
  add column excluded_ips text[] not null default '{}',
  add column excluded_profiles text[] not null default '{}';
comment on column project.allow_unsafe_revenue is 'Whether a sender without a verified secret may report revenue.';
comment on column project.excluded_ips is 'Addresses whose events are refused.';
comment on column project.excluded_profiles is 'Profiles whose events are refused.';

alter table usage add column events bigint not null default 0;

-- Stack Auth's tracker names the page load, not the session.
create index tab_project_id_id on tab (project_id, id);

-- What events tell of a session. Counts and bounds are widened as events come, so a session is closed
-- without reading its events again, and in whatever order they came.
alter table session
  add column device_id text,
  add column tracked_from timestamptz,
  add column tracked_until timestamptz,
  add column live_from timestamptz,
  add column live_until timestamptz,
  add column is_current boolean not null default false,
  add column closes_at timestamptz,
  add column started_event_at timestamptz,
  add column ended_event_at timestamptz,
  add column tracked_count bigint not null default 0,
  add column screen_view_count integer not null default 0,
  add column revenue bigint not null default 0,
  add column groups text[] not null default '{}',
  add column first_event jsonb,
  add column entry_at timestamptz,
  add column entry_path text,
  add column entry_origin text,
  add column exit_at timestamptz,
  add column exit_path text,
  add column exit_origin text,
  add column profile_at timestamptz;
comment on column session.tracked_from is 'Time of the first analytics event; null where there is only a recording.';
comment on column session.live_from is 'Time of the first event that arrived while it was young. Later events within the idle limit of [live_from, live_until] belong to the session; a backlog does not move these bounds.';
comment on column session.is_current is 'Whether the next live event of the device may belong here. At most one session of a device.';
comment on column session.closes_at is 'When to look whether it is over: never later than that is, but perhaps sooner. Null: it is closed, and nothing came since.';
comment on column session.started_event_at is 'Time of the session_start that is stored.';
comment on column session.ended_event_at is 'Time of the session_end that is stored.';
comment on column session.first_event is 'What the first event told of place, device and referrer; replaced when an earlier one comes.';
comment on column session.profile_at is 'Time of the event that named the profile: the last one names it.';

-- A session's row changes with every event. While no indexed column changes, PostgreSQL makes no new
-- index entries for it; so lists go by the minute of the last event, and by its time within the minute.
create function minute_of(moment timestamptz) returns timestamptz
  language sql immutable parallel safe
  return date_bin('1 minute', moment, timestamptz '2000-01-01 00:00:00Z');

alter table session
  add column last_event_minute timestamptz not null generated always as (minute_of(last_event_at)) stored,
  add column last_received_minute timestamptz not null generated always as (minute_of(last_received_at)) stored;
alter table session set (fillfactor = 60);
drop index session_project_id_last_event_at_id, session_project_id_last_received_at;
create index session_project_id_last_event_minute on session (project_id, last_event_minute desc);
create index session_project_id_last_received_minute on session (project_id, last_received_minute);

create unique index session_one_current on session (project_id, device_id) where is_current;
create index session_project_id_device_id on session (project_id, device_id, started_at) where device_id is not null;
-- Two, so that the many sessions of a backlog do not stand before the live ones. An index's condition
-- counts as indexed: so it asks for live_from, which hardly ever changes, and not for live_until.
create index session_live_closes_at on session (closes_at) where closes_at is not null and live_from is not null;
create index session_backlog_closes_at on session (closes_at) where closes_at is not null and live_from is null;

create function at(epoch_ms bigint) returns timestamptz
  language sql immutable parallel safe
  return to_timestamp(epoch_ms / 1000.0);

create sequence event_id increment by 1000;
comment on sequence event_id is 'Gives out blocks of 1000 ids.';

create table event (
  project_id      uuid not null,
  id              bigint not null,
  at              timestamptz not null,
  received_at     timestamptz not null,
  name            text not null,
  session_id      uuid,
  device_id       text,
  profile_id      text,
  path            text,
  origin          text,
  referrer        text,
  referrer_name   text,
  referrer_type   text,
  revenue         bigint,
  duration_ms     bigint,
  country         text,
  region          text,
  city            text,
  latitude        real,
  longitude       real,
  os              text,
  os_version      text,
  browser         text,
  browser_version text,
  device          text,
  brand           text,
  model           text,
  sdk_name        text,
  sdk_version     text,
  groups          text[],
  properties      text not null
) partition by range (received_at);
comment on column event.at is 'When it happened: the sender''s time, within the contract''s limits of the receipt.';
comment on column event.profile_id is 'Who did it; the device while anonymous.';
comment on column event.properties is 'A flat JSON object of strings, as text: counted elsewhere, not here.';
create index event_project_id_at_id on event (project_id, at, id);
create index event_project_id_session_id_at on event (project_id, session_id, at, id) where session_id is not null;
create index event_project_id_profile_id_at on event (project_id, profile_id, at, id)
  where profile_id is not null and profile_id is distinct from device_id;
-- For those who watch events as they come. They come in this order, so it is small and quick to fill.
create index event_project_id_received_at on event (project_id, received_at);

-- Catches what no day partition takes, so that a missing partition never refuses an event.
create table event_default partition of event default;

create table event_key (
  project_id  uuid not null references project on delete cascade,
  key         text not null,
  received_at timestamptz not null,
  primary key (project_id, key)
);
comment on table event_key is 'The senders'' own ids of events, kept longer than an event may be late, so that a row sent twice is stored once.';
create index event_key_received_at on event_key (received_at);

create table profile (
  project_id    uuid not null references project on delete cascade,
  id            text not null,
  first_name    text,
  last_name     text,
  email         text,
  avatar        text,
  properties    jsonb not null default '{}',
  groups        text[] not null default '{}',
  first_seen_at timestamptz not null,
  last_seen_at  timestamptz not null,
  primary key (project_id, id)
);
create index profile_project_id_last_seen_at on profile (project_id, last_seen_at desc, id desc);

create table profile_group (
  project_id uuid not null references project on delete cascade,
  id         text not null,
  type       text not null,
  name       text not null,
  properties jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project_id, id)
);
comment on table profile_group is 'A company or team that profiles belong to.';
create index profile_groups on profile using gin (groups);

-- As in sessions_with_page: who belongs to a group is found past row-level security, which would not
-- let the reader use the index.
--
-- Gives the members, or null when there are so many that it stopped looking.
create function profiles_in_group(wanted text, most_profiles integer) returns text[]
  language sql stable security definer
  set search_path = public, pg_temp
as $$
  select case when count(*) < most_profiles then coalesce(array_agg(id), '{}') end
  from (
    select id from profile
    where project_id = backspool_project() and groups @> array[wanted]
    limit most_profiles
  ) found
$$;

create function group_size(wanted text) returns bigint
  language sql stable security definer
  set search_path = public, pg_temp
as $$
  select count(*) from profile where project_id = backspool_project() and groups @> array[wanted]
$$;

revoke execute on function profiles_in_group, group_size from public;
grant execute on function profiles_in_group, group_size to backspool_reader;

create table salt (
  day    date primary key,
  secret bytea not null
);
comment on table salt is 'Keys of the hash that makes device ids. The newest two days are kept: with a day''s salt gone, nobody can tell whose device it was.';

-- The reader sees the rows of the one project its transaction names, as in the tables before.
do $$
declare
  tenant record;
begin
  for tenant in select unnest(array['event', 'event_default', 'event_key', 'profile', 'profile_group']) as name loop
    execute format('alter table %I enable row level security', tenant.name);
    execute format('create policy read on %I for select to backspool_reader using (project_id = backspool_project())', tenant.name);
    execute format('create policy write on %I to backspool_writer using (true) with check (true)', tenant.name);
  end loop;
end $$;
alter table salt enable row level security;
create policy write on salt to backspool_writer using (true) with check (true);

-- Day partitions are made ahead by the server.
create function add_event_day(day date) returns void
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
end $$;
