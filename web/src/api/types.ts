/** The wire forms of the server's own API, as it sends them. */

/** Who is signed in, and where the server believes it can be reached from outside. */
export interface Me {
  version: string;
  public_url: string;
}

export type Source = 'backspool' | 'stackauth' | 'uxcam' | 'import';

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
  session_count: number;
  first_recorded_at: string | null;
  last_recorded_at: string | null;
  /** For each way in, the moment of its latest recording. */
  sources: Partial<Record<Source, string>>;
}

/** A project just made or given a new secret: the only time the secret is readable. */
export interface ProjectWithSecret extends Project {
  client_secret: string;
}

export type ProjectChange = Partial<
  Pick<Project, 'name' | 'allowed_origins' | 'jwks_url' | 'daily_quota_mb' | 'requests_per_minute'>
>;

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

export interface Profile {
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
  profile: Profile | null;
  /** 32 equal slots over the session, user actions in each. */
  activity: number[];
}

export interface SessionPage {
  sessions: Session[];
  next_cursor: string | null;
}

export interface Verdict {
  state: 'playable' | 'gaps' | 'no_full_snapshot' | 'empty';
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
  reason: 'missing' | 'damaged' | 'no_full_snapshot';
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
