import { Button, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type ReactNode, useMemo, useState } from 'react';
import type { Session, TrackedEvent } from '../api/types';
import { EventTable } from '../events/EventTable';
import { clock, counted } from '../parts/format';
import { Facts } from './Facts';
import { matching, place } from './tracked';

interface Props {
  project: string;
  session: Session;
  events: TrackedEvent[];
  /** False when there are more events than are shown. */
  complete: boolean;
  /** Why there is no picture. */
  why: ReactNode;
  header: ReactNode;
}

/** A session that cannot be watched: what its events tell of it, line by line. */
export function EventsOnly({ project, session, events, complete, why, header }: Props) {
  const [text, setText] = useState('');
  const [open, setOpen] = useState<string | null>(null);
  const start = Date.parse(events[0]?.at ?? session.started_at);
  const shown = useMemo(
    () => matching(place(events, start, Number.POSITIVE_INFINITY), text).map((t) => t.event),
    [events, start, text],
  );
  return (
    <div className="player with-side">
      <div className="player-main">
        {header}
        <div className="events-only">
          <div className="events-only-why">{why}</div>
          <div className="events-only-bar">
            <TextInput
              size="xs"
              aria-label="Filter the events"
              placeholder="Name, path or value"
              leftSection={<IconSearch size={14} />}
              value={text}
              onChange={(e) => setText(e.currentTarget.value)}
            />
            <span className="dim" role="status">
              {text
                ? `${shown.length} of ${counted(events.length, 'event')}`
                : counted(events.length, 'event')}
            </span>
          </div>
          {shown.length > 0 ? (
            <EventTable
              project={project}
              events={shown}
              open={open}
              onOpen={setOpen}
              time={(event) => clock(Date.parse(event.at) - start)}
              of="session"
            />
          ) : (
            <div className="empty">
              <strong>{text ? 'No event matches' : 'The events of this session are no longer kept'}</strong>
              {text && (
                <Button size="xs" variant="default" onClick={() => setText('')}>
                  Clear the filter
                </Button>
              )}
            </div>
          )}
          {!complete && <p className="dim">There are more events; these are the first of them.</p>}
        </div>
      </div>
      <aside className="side" aria-label="Session">
        <Facts project={project} session={session} />
      </aside>
    </div>
  );
}
