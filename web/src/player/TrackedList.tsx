import { CloseButton, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { EventDetails } from '../events/EventDetails';
import { EventDot } from '../events/EventTable';
import { amount } from '../parts/format';
import { FollowList } from './FollowList';
import { matching, type Tracked, useTracked } from './tracked';
import { useEngine } from './usePlayback';

/** The session's events in step with the playhead; each goes to its moment and opens. */
export function TrackedList() {
  const engine = useEngine();
  const all = useTracked();
  const [text, setText] = useState('');
  const [open, setOpen] = useState<string | null>(null);
  const shown = useMemo(() => matching(all, text), [all, text]);
  const opened = shown.find(({ event }) => event.id === open);
  if (all.length === 0) return <p className="side-empty">No events were sent in this session.</p>;
  const pick = (line: Tracked) => {
    setOpen(line.event.id);
    engine.dispatch({ type: 'seek', to: line.at });
  };
  return (
    <div className="tracked" data-open={opened !== undefined}>
      <TextInput
        size="xs"
        className="tracked-search"
        aria-label="Filter the events"
        placeholder="Name, path or value"
        leftSection={<IconSearch size={14} />}
        value={text}
        onChange={(e) => setText(e.currentTarget.value)}
      />
      {shown.length === 0 ? (
        <p className="side-empty">No event matches.</p>
      ) : (
        <FollowList lines={shown} at={(line) => line.at} className={() => 'tracked-line'} onPick={pick}>
          {({ event, outside }) => (
            <>
              <EventDot event={event} />
              <span className="cut">
                {event.name}
                {event.path && <span className="dim"> {event.path}</span>}
                {outside && (
                  <span className="dim"> {outside === 'before' ? 'before' : 'after'} the recording</span>
                )}
              </span>
              {event.revenue !== null && <span className="badge money">{amount(event.revenue)}</span>}
            </>
          )}
        </FollowList>
      )}
      {opened && (
        <section className="tracked-open" aria-label={`All of ${opened.event.name}`}>
          <header>
            <EventDot event={opened.event} />
            <b className="cut">{opened.event.name}</b>
            <CloseButton size="sm" aria-label="Close the event" onClick={() => setOpen(null)} />
          </header>
          <EventDetails event={opened.event} />
        </section>
      )}
    </div>
  );
}
