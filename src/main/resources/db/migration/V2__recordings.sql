-- Projects, sessions, tabs and the chunks of their recordings.
-- Every key starts with the project, so that rows of one tenant lie together and the schema can be sharded as it stands.

create table instance (
  one              boolean primary key default true check (one),
  admin_token_hash bytea,
  cookie_secret    bytea not null,
  created_at       timestamptz not null default now()
);
comment on table instance is 'What belongs to the installation, not to a project. One row.';

create table project (
  id                  uuid primary key,
  name                text not null,
  platform            text not null default 'web',
  sdk_key             text not null unique,
  publishable_key     text not null unique,
  client_id           uuid not null unique,
  client_secret_hash  bytea not null,
  allowed_origins     text[] not null default '{}',
  jwks_url            text,
  daily_quota_bytes   bigint,
  requests_per_minute integer,
  created_at          timestamptz not null default now()
);

create table session (
  project_id        uuid not null references project on delete cascade,
  id                uuid not null,
  name              text,
  source            text not null,
  opener            text,
  started_at        timestamptz not null,
  last_event_at     timestamptz not null,
  first_received_at timestamptz not null,
  last_received_at  timestamptz not null,
  chunk_count       integer not null,
  event_count       bigint not null,
  click_count       integer not null,
  input_count       integer not null,
  error_count       integer not null,
  page_count        integer not null,
  raw_bytes         bigint not null,
  stored_bytes      bigint not null,
  has_full_snapshot boolean not null,
  user_agent        text,
  screen            text,
  device_info       text,
  profile_id        text,
  profile_name      text,
  profile_email     text,
  primary key (project_id, id)
);
comment on column session.name is 'The session id the SDK uses; null where the server alone names the session.';
comment on column session.opener is 'What opened the session: name:… or token:…, as in open_session, which forgets it when the next session opens.';
comment on column session.device_info is 'What the SDK told of the device, JSON as it was sent.';
comment on column session.last_received_at is 'Server clock: groups uploads into sessions, because event times can be forged.';
create index session_project_id_last_event_at_id on session (project_id, last_event_at desc, id desc);
create index session_project_id_name on session (project_id, name);
create index session_project_id_profile_id_started_at on session (project_id, profile_id, started_at);

create index session_project_id_last_received_at on session (project_id, last_received_at);

create table open_session (
  project_id       uuid not null references project on delete cascade,
  opener           text not null,
  session_id       uuid not null,
  opened_at        timestamptz not null,
  last_received_at timestamptz not null,
  primary key (project_id, opener)
);
comment on table open_session is 'Which session the next chunk of an opener (an SDK session id, a refresh token) belongs to. One row per opener, so that two first chunks cannot open two sessions.';

-- Whether a chunk that arrives now opens a new session: any session ends at its maximum age, and where the
-- server does the grouping (openers 'token:…') also after silence. Server times only.
create function session_is_over(open open_session, arrives timestamptz, idle interval, max_age interval) returns boolean
  language sql immutable
  return arrives - open.opened_at > max_age
    or open.opener like 'token:%' and arrives - open.last_received_at > idle;

create table tab (
  project_id     uuid not null,
  session_id     uuid not null,
  id             text not null,
  shift_ms       bigint not null,
  chunk_count    integer not null,
  primary key (project_id, session_id, id),
  foreign key (project_id, session_id) references session on delete cascade deferrable initially deferred
);
comment on column tab.shift_ms is 'Added to an event''s own timestamp it gives server time. Fixed when the tab is first seen.';

create table page (
  project_id uuid not null,
  session_id uuid not null,
  tab_id     text not null,
  at         timestamptz not null,
  href       text not null,
  foreign key (project_id, session_id) references session on delete cascade deferrable initially deferred
);
create index page_project_id_session_id_at on page (project_id, session_id, at);

-- Addresses are searched by any part of them. A server without the extension searches slower, not less.
do $$
begin
  create extension if not exists pg_trgm;
  create index page_href on page using gin (href gin_trgm_ops);
exception when others then
  raise notice 'pg_trgm is not available: searching pages by address will scan';
end $$;

create sequence chunk_id;

create table chunk (
  project_id     uuid not null,
  session_id     uuid not null,
  id             bigint not null,
  tab_id         text not null,
  batch_id       text not null,
  client_session text,
  ordinal        integer not null,
  seq            bigint,
  received_at    timestamptz not null,
  first_at       timestamptz not null,
  last_at        timestamptz not null,
  event_count    integer not null,
  user_events    integer not null,
  raw_bytes      integer not null,
  outline        jsonb not null,
  payload        bytea not null,
  primary key (project_id, session_id, id, received_at)
) partition by range (received_at);
comment on column chunk.client_session is 'The SDK''s own session id of the upload, where it does not name the session here.';
comment on column chunk.ordinal is 'Counts the chunks of a tab as they were committed, from 0 without holes: a hole means that a row is missing.';
comment on column chunk.seq is 'The number the SDK gave the batch within its tab, where it gives one: a hole means that an upload never arrived.';
comment on column chunk.first_at is 'Time of the first event, clamped around the receive time; the raw times are in the payload.';
comment on column chunk.user_events is 'Events made by the person''s own hand.';
comment on column chunk.outline is 'Checkpoints, marks and activity, in the events'' own time: what the player''s index needs without opening the payload.';
comment on column chunk.payload is 'One zstd frame of newline-delimited rrweb events.';
-- Payloads are compressed already: PostgreSQL must not try again.
alter table chunk alter column payload set storage external;

-- Catches what no day partition takes, so that a missing partition never refuses an upload.
create table chunk_default partition of chunk default;
alter table chunk_default alter column payload set storage external;

create table receipt (
  project_id   uuid not null references project on delete cascade,
  batch_id     text not null,
  session_id   uuid not null,
  event_count  integer not null,
  received_at  timestamptz not null,
  primary key (project_id, batch_id)
);
comment on table receipt is 'The answer a batch got. Outlives its chunk, so that a late retry is answered as the first try was.';
create index receipt_received_at on receipt (received_at);

create table usage (
  project_id uuid not null references project on delete cascade,
  day        date not null,
  chunks     bigint not null,
  raw_bytes  bigint not null,
  primary key (project_id, day)
);

create table refusal (
  project_id uuid not null references project on delete cascade,
  day        date not null,
  protocol   text not null,
  reason     text not null,
  count      bigint not null,
  last_at    timestamptz not null,
  detail     text not null,
  primary key (project_id, day, protocol, reason)
);
comment on table refusal is 'What was turned away and why, a row per project, day and reason.';

-- The reader sees the rows of the one project its transaction names, and nothing without one. The writer sees all.
do $$
declare
  tenant record;
begin
  for tenant in
    select unnest(array['session', 'open_session', 'tab', 'page', 'chunk', 'chunk_default', 'receipt', 'usage', 'refusal']) as name
  loop
    execute format('alter table %I enable row level security', tenant.name);
    execute format('create policy read on %I for select to backspool_reader using (project_id = backspool_project())', tenant.name);
    execute format('create policy write on %I to backspool_writer using (true) with check (true)', tenant.name);
  end loop;
end $$;

-- Day partitions are made ahead by the server.
create function add_chunk_day(day date) returns void
  language plpgsql
as $$
declare
  partition text := 'chunk_' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass(partition) is not null then
    return;
  end if;
  execute format('create table %I partition of chunk for values from (%L) to (%L)',
    partition, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
  execute format('alter table %I alter column payload set storage external', partition);
  execute format('alter table %I enable row level security', partition);
  execute format('create policy read on %I for select to backspool_reader using (project_id = backspool_project())', partition);
  execute format('create policy write on %I to backspool_writer using (true) with check (true)', partition);
end $$;

alter table project enable row level security;
create policy read on project for select to backspool_reader using (id = backspool_project());
create policy write on project to backspool_writer using (true) with check (true);

alter table instance enable row level security;
create policy write on instance to backspool_writer using (true) with check (true);
