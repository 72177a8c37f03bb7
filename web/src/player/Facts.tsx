import { Link } from 'react-router';
import type { Session } from '../api/types';
import { CopyButton } from '../parts/CopyButton';
import { amount, bytes, clock, count, counted, exactly } from '../parts/format';
import { SOURCES } from '../parts/names';

/** What is known of the session beside its picture. */
export function Facts({ project, session }: { project: string; session: Session }) {
  const { device, profile } = session;
  const recorded = session.has_recording;
  const rows: [string, string | null][] = [
    ['Person', profile?.name ?? null],
    ['E-mail', profile?.email ?? null],
    ['Started', exactly(session.started_at)],
    ['Last event', exactly(session.last_event_at)],
    ['Length', clock(session.duration_ms)],
    ['Browser', device.browser],
    ['System', device.os],
    ['Device', device.type === 'unknown' ? null : device.type],
    ['Screen', device.screen?.replace('x', ' × ') ?? null],
    ['Place', [session.city, session.country].filter(Boolean).join(', ')],
    ['Came from', session.referrer_name || session.referrer],
    ['Entered on', session.entry_path],
    ['Left from', session.exit_path],
    ['Groups', session.groups.join(', ')],
    ['Events', session.tracked_count > 0 ? count(session.tracked_count) : null],
    ['Views', session.screen_view_count > 0 ? count(session.screen_view_count) : null],
    ['Revenue', session.revenue > 0 ? amount(session.revenue) : null],
    ['Pages', recorded ? count(session.page_count) : null],
    ['Clicks', recorded ? count(session.click_count) : null],
    ['Inputs', recorded ? count(session.input_count) : null],
    ['Errors', recorded ? count(session.error_count) : null],
    ['Tabs', recorded ? count(session.tab_count) : null],
    ['Uploads', recorded ? count(session.chunk_count) : null],
    [
      'Recorded',
      recorded
        ? `${counted(session.event_count, 'rrweb event')}, ${bytes(session.raw_bytes)}, stored in ${bytes(session.stored_bytes)}`
        : null,
    ],
    ['Kept', session.kept_at ? `since ${exactly(session.kept_at)}` : null],
    ['Came by', SOURCES[session.source]],
  ];
  return (
    <div className="facts">
      <dl>
        {rows.map(([name, value]) =>
          value ? (
            <div key={name}>
              <dt>{name}</dt>
              <dd className={name === 'Errors' && session.error_count > 0 ? 'bad' : undefined}>{value}</dd>
            </div>
          ) : null,
        )}
        {profile && (
          <div>
            <dt>Person id</dt>
            <dd>
              <Link to={`/p/${project}/people/${encodeURIComponent(profile.id)}`}>{profile.id}</Link>
            </dd>
          </div>
        )}
        <div>
          <dt>Session id</dt>
          <dd className="id">
            <span className="cut">{session.id}</span>
            <CopyButton value={session.id} label="Copy session id" />
          </dd>
        </div>
        {session.session_id && (
          <div>
            <dt>SDK's id</dt>
            <dd className="id">
              <span className="cut">{session.session_id}</span>
              <CopyButton value={session.session_id} label="Copy the SDK's session id" />
            </dd>
          </div>
        )}
      </dl>
    </div>
  );
}
