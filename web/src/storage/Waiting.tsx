import type { Storage } from '../api/types';
import { counted, exactly, lengthInWords } from '../parts/format';
import { began } from './words';

/** What is on its way into the archive or out of it, and what holds it up. */
export function Waiting({ storage }: { storage: Storage }) {
  const { archive, hot, to_delete: doomed } = storage;
  const growing = hot.sessions - hot.waiting_sessions;
  return (
    <section>
      <h2>On the way</h2>
      {hot.waiting_sessions > 0 && (
        <p>
          {counted(hot.waiting_sessions, 'recording')} {hot.waiting_sessions === 1 ? 'waits' : 'wait'} to be
          archived
          {hot.oldest_waiting_at && (
            <>
              ; the oldest began{' '}
              <span title={exactly(hot.oldest_waiting_at)}>{began(hot.oldest_waiting_at)}</span>
            </>
          )}
          .{' '}
          {!archive.reachable
            ? 'The archive cannot be reached; they follow when it is back.'
            : hot.failing_sessions === 0 && 'They are next.'}
        </p>
      )}
      {hot.failing_sessions > 0 && archive.reachable && (
        <p>
          <span className="bad">
            {counted(hot.failing_sessions, 'recording')} could not be archived, or merged, at the last try
          </span>
          {hot.last_error ? `: ${sentence(hot.last_error)}` : '.'} It is tried again by itself, and until then
          they can be watched as before.
        </p>
      )}
      {growing > 0 && (
        <p className="dim">
          {counted(growing, 'recording')} {growing === 1 ? 'goes' : 'go'} on or ended a short while ago.
        </p>
      )}
      {doomed.objects > 0 && (
        <p className={doomed.last_error ? undefined : 'dim'}>
          {counted(doomed.objects, 'object')} {doomed.objects === 1 ? 'is' : 'are'} to be deleted from the
          archive
          {doomed.oldest_at && (
            <>
              , the oldest{' '}
              <span title={exactly(doomed.oldest_at)}>
                for {lengthInWords(Math.max(0, Date.now() - Date.parse(doomed.oldest_at)))}
              </span>
            </>
          )}
          .{' '}
          {doomed.last_error && (
            <span className="bad">The last try failed: {sentence(doomed.last_error)}</span>
          )}
        </p>
      )}
      {hot.sessions === 0 && hot.failing_sessions === 0 && doomed.objects === 0 && (
        <p className="dim">Nothing waits to be archived or deleted.</p>
      )}
    </section>
  );
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
