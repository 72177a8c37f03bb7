/** The wire forms of the server's own API, as it sends them. */

/** Who is signed in, and where the server believes it can be reached from outside. */
export interface Me {
  version: string;
  public_url: string;
}

export type Source = 'backspool' | 'stackauth' | 'uxcam' | 'openpanel' | 'import';

/** A tenant: everything recorded belongs to exactly one. */
export interface Project {
  id: string;
  name: string;
  platform: string;
  sdk_key: string;
  client_id: string;
  publishable_key: string;
  created_at: string;
  allowed_origins: string[];
  jwks_url: string | null;
  daily_quota_mb: number | null;
  requests_per_minute: number | null;
  /** Whether a sender without the secret may report revenue. */
  allow_unsafe_revenue: boolean;
  /** Addresses and people whose events are refused. */
  excluded_ips: string[];
  excluded_profiles: string[];
  /** Days after which things are deleted; null keeps them for ever. */
  recording_days: number | null;
  event_days: number | null;
  kept_days: number | null;
  /** Days after which recordings move to the cold tier; null never. */
  cold_after_days: number | null;
  session_count: number;
  first_recorded_at: string | null;
  last_recorded_at: string | null;
  /** For each way in, the moment something last came by it. */
  sources: Partial<Record<Source, string>>;
}

/** A project just made or given a new secret: the only time the secret is readable. */
export interface ProjectWithSecret extends Project {
  client_secret: string;
}

export type ProjectChange = Partial<
  Pick<
    Project,
    | 'name'
    | 'allowed_origins'
    | 'jwks_url'
    | 'daily_quota_mb'
    | 'requests_per_minute'
    | 'allow_unsafe_revenue'
    | 'excluded_ips'
    | 'excluded_profiles'
    | keyof RetentionDays
  >
>;

export type RetentionDays = Pick<Project, 'recording_days' | 'event_days' | 'kept_days' | 'cold_after_days'>;

export interface Refusal {
  day: string;
  protocol: string;
  reason: string;
  count: number;
  last_at: string;
  detail: string | null;
}

export interface Device {
  browser: string | null;
  os: string | null;
  type: 'desktop' | 'mobile' | 'tablet' | 'smarttv' | 'console' | 'wearable' | 'server' | 'bot' | 'unknown';
  screen: string | null;
}

/** The person of a session, as far as the session itself knows. */
export interface Visitor {
  id: string;
  name: string | null;
  email: string | null;
}

/** One visit as the list shows it. */
export interface Session {
  id: string;
  session_id: string | null;
  source: Source;
  started_at: string;
  last_event_at: string;
  duration_ms: number;
  live: boolean;
  /** Events of the recording, as rrweb counts them. */
  event_count: number;
  chunk_count: number;
  tab_count: number;
  page_count: number;
  click_count: number;
  input_count: number;
  error_count: number;
  raw_bytes: number;
  stored_bytes: number;
  first_page: string | null;
  last_page: string | null;
  has_full_snapshot: boolean;
  device: Device;
  profile: Visitor | null;
  /** 32 equal slots over the session, user actions in each. */
  activity: number[];
  has_recording: boolean;
  /** When a member asked to keep it past retention; null when nobody did. */
  kept_at: string | null;
  device_id: string | null;
  /** Analytics events, and those of them that are screen views. */
  tracked_count: number;
  screen_view_count: number;
  /** Minor currency units. */
  revenue: number;
  groups: string[];
  entry_path: string | null;
  exit_path: string | null;
  referrer: string | null;
  referrer_name: string | null;
  referrer_type: string | null;
  country: string | null;
  city: string | null;
  tracked_from: string | null;
  tracked_until: string | null;
  /** Null while the session is open. */
  ended_at: string | null;
  bounce: boolean | null;
}

export interface SessionPage {
  sessions: Session[];
  next_cursor: string | null;
}

export interface Verdict {
  state: 'playable' | 'gaps' | 'no_full_snapshot' | 'empty' | 'unavailable';
  message: string;
  at_ms: number | null;
}

export interface RecordingTab {
  id: string;
  number: number;
  started_at_ms: number;
  ended_at_ms: number;
  /** Added to an rrweb timestamp of this tab it gives server time. */
  shift_ms: number;
  event_count: number;
}

export interface RecordingFrame {
  /** Opaque and stable: the name of the frame in its address. */
  n: number;
  tab: string;
  from_ms: number;
  to_ms: number;
  events: number;
  bytes: number;
  raw_bytes: number;
  /** Moments of a Meta followed by a FullSnapshot inside the frame, server time. */
  checkpoints: number[];
}

export type MarkKind = 'click' | 'input' | 'error';

export interface RecordingGap {
  tab: string;
  from_ms: number;
  to_ms: number;
  /** `unavailable`: the archive does not answer, so this may pass. */
  reason: 'missing' | 'damaged' | 'unavailable' | 'no_full_snapshot';
  message: string;
}

/** The index of a recording; every `*_ms` moment is server time. */
export interface Recording {
  session_id: string;
  started_at_ms: number;
  ended_at_ms: number;
  duration_ms: number;
  live: boolean;
  verdict: Verdict;
  tabs: RecordingTab[];
  frames: RecordingFrame[];
  pages: { tab: string; at_ms: number; href: string }[];
  marks: { tab: string; at_ms: number; kind: MarkKind }[];
  gaps: RecordingGap[];
  activity: { slot_ms: number; counts: number[] };
}

/** An analytics event: something a person or a program did, by name. */
export interface TrackedEvent {
  /** A 64-bit number as text; rises with the order of storing. */
  id: string;
  at: string;
  received_at: string;
  name: string;
  session_id: string | null;
  device_id: string | null;
  /** The device's id while the person is anonymous. */
  profile_id: string | null;
  path: string | null;
  origin: string | null;
  referrer: string | null;
  referrer_name: string | null;
  referrer_type: string | null;
  /** Minor currency units. */
  revenue: number | null;
  duration_ms: number | null;
  country: string | null;
  region: string | null;
  city: string | null;
  os: string | null;
  os_version: string | null;
  browser: string | null;
  browser_version: string | null;
  device: string | null;
  brand: string | null;
  model: string | null;
  sdk_name: string | null;
  sdk_version: string | null;
  groups: string[];
  properties: Record<string, unknown>;
}

export interface EventPage {
  events: TrackedEvent[];
  next_cursor: string | null;
}

export interface EventName {
  name: string;
  count: number;
  last_at: string;
}

/** A person the events tell of. */
export interface Profile {
  id: string;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  avatar: string | null;
  properties: Record<string, unknown>;
  groups: string[];
  first_seen_at: string;
  last_seen_at: string;
}

export interface ProfileWithCounts extends Profile {
  sessions: number;
  events: number;
  /** Minor currency units. */
  revenue: number;
}

export interface ProfilePage {
  profiles: Profile[];
  next_cursor: string | null;
}

/** A company or team that people belong to. */
export interface Group {
  id: string;
  type: string;
  name: string;
  properties: Record<string, unknown>;
  created_at: string;
  updated_at: string;
  /** How many people belong to it. */
  profiles: number;
}

export interface GroupPage {
  groups: Group[];
  next_cursor: string | null;
}

/** How much of a project lies where; sizes are bytes. */
export interface Storage {
  archive: {
    kind: 'directory' | 'bucket';
    place: string;
    encrypted: boolean;
    cold_place: string | null;
    reachable: boolean;
    problem: string | null;
  };
  /** What is not archived yet. */
  hot: {
    sessions: number;
    chunks: number;
    bytes: number;
    raw_bytes: number;
    /** Quiet for long enough to be archived. */
    waiting_sessions: number;
    oldest_waiting_at: string | null;
    failing_sessions: number;
    last_error: string | null;
  };
  /** The cold tier included. */
  archived: {
    recordings: number;
    objects: number;
    bytes: number;
    /** What the same recordings took as they were uploaded. */
    chunk_bytes: number;
    /** As JSON. */
    raw_bytes: number;
    cold_bytes: number;
    cold_objects: number;
  };
  events: { count_estimate: number; bytes_estimate: number };
  /** The last 30 days, today last. */
  days: StorageDay[];
  to_delete: { objects: number; oldest_at: string | null; last_error: string | null };
}

export interface StorageDay {
  day: string;
  recordings: number;
  hot_bytes: number;
  archived_bytes: number;
  raw_bytes: number;
}

/** How long things are kept, what the next run will delete, and what the last ones did. */
export interface Retention extends RetentionDays {
  next_run_at: string;
  running: { started_at: string; step: RetentionStep; done: number; total: number } | null;
  next: RetentionNext;
  /** The last ones, newest first. */
  runs: RetentionRun[];
}

export type RetentionStep = 'recordings' | 'sessions' | 'events' | 'cold' | 'records' | 'other_projects';

export interface RetentionNext {
  recordings: number;
  objects: number;
  /** Of these objects, and of what was not archived yet. */
  bytes: number;
  sessions: number;
  events: number;
  to_cold: number;
}

export interface RetentionRun {
  id: string;
  started_at: string;
  finished_at: string | null;
  recordings: number;
  objects: number;
  bytes: number;
  sessions: number;
  events: number;
  moved_to_cold: number;
  error: string | null;
}

/** The receipt of an erasure. It names nobody. */
export interface Erasure {
  id: string;
  kind: 'session' | 'profile';
  requested_at: string;
  rows_removed_at: string | null;
  objects_removed_at: string | null;
  state: 'removing_rows' | 'removing_objects' | 'done';
  /** Since when what was erased may be recorded again; null while it may not. */
  tombstones_lifted_at: string | null;
  /** How many of each kind; `object_bytes` are bytes. */
  removed: Record<string, number>;
  /** The keys of the archive's objects. */
  objects: string[];
}

export interface ErasurePage {
  erasures: Erasure[];
  next_cursor: string | null;
}

/** How it stands with copies elsewhere. All of it is of one scope: the totals are the sums of what is listed. */
export interface SyncStatus {
  generated_at: string;
  scope: 'installation' | 'project';
  project_id: string | null;
  stages: SyncStage[];
  totals: Behind & {
    sinks: number;
    failing: number;
    /** Mappings that wait for a resync. */
    stopped: number;
    quarantined: number;
    delivered: number;
    rows_per_second: number | null;
  };
  sinks: SinkStatus[];
}

export interface Behind {
  /** Rows that are missing. */
  behind: number;
  /** Whether they were counted, and not estimated because they are many. */
  exact: boolean;
  oldest_at: string | null;
}

/** A part of the work that can be paused everywhere at once. */
export interface SyncStage extends Behind {
  stage: 'tail' | 'load' | 'tidy';
  paused: boolean;
}

export type SyncState = 'live' | 'loading' | 'new' | 'stopped';

export interface SinkAddress {
  host: string | null;
  port: number;
  database: string | null;
  user: string | null;
}

export interface SinkStatus extends Behind {
  id: string;
  /** Whose own it is; null is one for all projects. */
  project_id: string | null;
  kind: string;
  name: string;
  address: SinkAddress | null;
  paused: boolean;
  /** Whether events stay in the database until it has them. */
  required: boolean;
  created_at: string;
  state: SyncState | 'paused' | 'failing';
  failures: number;
  error: string | null;
  error_kind: 'unreachable' | 'refused_row' | 'schema_drift' | 'refused' | null;
  error_at: string | null;
  retry_at: string | null;
  quarantined: number;
  delivered: number;
  delivered_at: string | null;
  /** Null at the first look. */
  rows_per_second: number | null;
  mappings: SyncMapping[];
  projects_behind: number;
  /** Where the scope is the installation: those in trouble or furthest behind. */
  projects: SinkProject[];
}

export interface SyncMapping extends Behind {
  mapping: string;
  state: SyncState;
  delivered: number;
  delivered_at: string | null;
  quarantined: number;
  rows_per_second: number | null;
  /** Why it is stopped. */
  reason: string | null;
}

export interface SinkProject extends Behind {
  project_id: string;
  name: string;
  state: SyncState;
  quarantined: number;
  rows_per_second: number | null;
}

/** A sink as it is registered. */
export interface Sink {
  id: string;
  project_id: string | null;
  kind: string;
  name: string;
  address: SinkAddress | null;
  paused: boolean;
  required: boolean;
  created_at: string;
}

/** A row that a sink does not take. */
export interface Quarantined {
  sink_id: string;
  mapping: string;
  key: string[];
  reason: string;
  since: string;
}
