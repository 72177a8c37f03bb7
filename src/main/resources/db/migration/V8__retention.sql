-- How long a project's data is kept, the sessions that members keep longer, and what each run removed.

alter table project
  add column recording_days integer check (recording_days between 1 and 36500),
  add column event_days integer check (event_days between 1 and 36500),
  add column kept_days integer check (kept_days between 1 and 36500),
  add column cold_after_days integer check (cold_after_days between 1 and 36500);
comment on column project.recording_days is 'How long a recording is kept after the session''s last event; null for ever.';
comment on column project.event_days is 'How long events are kept after their session began, or after their receipt where they have none; null for ever.';
comment on column project.kept_days is 'The same for sessions that a member keeps, where that is longer; null for ever.';
comment on column project.cold_after_days is 'After how long recordings move to the cold tier; null never.';

-- Of these only kept_at and has_recording are indexed, which hardly ever change: what comes to a live
-- session changes no index.
alter table session
  add column kept_at timestamptz,
  add column end_received_at timestamptz,
  add column has_recording boolean not null generated always as (chunk_count > 0) stored;
comment on column session.kept_at is 'When a member chose to keep it; null when nobody did.';
comment on column session.end_received_at is 'When its end was last stored or put right: no event of it was received later than this, or than last_received_at. Null also for sessions that ended before this was noted.';

-- Sessions are looked for by when they began, which does not change, and then by their end, which does.
create index session_recorded on session (project_id, started_at, id) where has_recording;
create index session_tracked on session (project_id, first_received_at, id) where tracked_from is not null;
create index session_kept on session (project_id, last_event_minute desc) where kept_at is not null;

create index recording_part_warm on recording_part (project_id, last_at, object) where not cold;

create index open_session_opened_at on open_session (opened_at);

create table retention_run (
  id            uuid primary key,
  project_id    uuid references project on delete cascade,
  started_at    timestamptz not null,
  finished_at   timestamptz,
  recordings    bigint not null default 0,
  objects       bigint not null default 0,
  bytes         bigint not null default 0,
  sessions      bigint not null default 0,
  events        bigint not null default 0,
  moved_to_cold bigint not null default 0,
  error         text
);
comment on table retention_run is 'What retention removed of a project, counted in the transactions that removed it.';
comment on column retention_run.project_id is 'Null is the day''s run as a whole.';
comment on column retention_run.bytes is 'Size of the objects, and of the chunks that were not archived yet.';
create index retention_run_project_id_started_at on retention_run (project_id, started_at desc);

alter table retention_run enable row level security;
create policy read on retention_run for select to backspool_reader using (project_id = backspool_project());
create policy write on retention_run to backspool_writer using (true) with check (true);
