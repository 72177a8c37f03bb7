import type { Session } from '../api/types';
import { CopyButton } from '../parts/CopyButton';
import { bytes, clock, count, exactly } from '../parts/format';
import { SOURCES } from '../parts/names';

/** What is known of the session beside its picture. */
export function Facts({ session }: { session: Session }) {
  const { device, profile } = session;
  const rows: [string, string | null][] = [
    ['Person', profile?.name ?? null],
    ['E-mail', profile?.email ?? null],
    ['Person id', profile?.id ?? null],
    ['Started', exactly(session.started_at)],
    ['Last event', exactly(session.last_event_at)],
    ['Length', clock(session.duration_ms)],
    ['Browser', device.browser],
    ['System', device.os],
    ['Device', device.type === 'unknown' ? null : device.type],
    ['Screen', device.screen?.replace('x', ' × ') ?? null],
    ['Pages', count(session.page_count)],
    ['Clicks', count(session.click_count)],
    ['Inputs', count(session.input_count)],
    ['Errors', count(session.error_count)],
    ['Tabs', count(session.tab_count)],
    ['Events', count(session.event_count)],
    ['Uploads', count(session.chunk_count)],
    ['Recorded', `${bytes(session.raw_bytes)}, stored in ${bytes(session.stored_bytes)}`],
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
