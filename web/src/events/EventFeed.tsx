import './events.css';
import { Button, Skeleton } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useEvents } from '../api/events';
import type { TrackedEvent } from '../api/types';
import { counted, toTheSecond } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { EventTable } from './EventTable';
import { joined, MOST_ARRIVALS } from './feed';
import { useLiveEvents } from './useLiveEvents';

interface Props {
  project: string;
  /** The server's filter text. */
  query: string;
  of: 'project' | 'person';
  onProperty?: ((key: string, value: string) => void) | undefined;
  /** Shown when there is no event at all. */
  empty: ReactNode;
}

const timeOf = (event: TrackedEvent) => toTheSecond(event.at);

/** Events as they come, and as far back as one asks. Give it the question as its key. */
export function EventFeed({ project, query, of, onProperty, empty }: Props) {
  const list = useEvents(project, query);
  const [paused, setPaused] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const [top, atTop] = useInView();
  // Nothing moves under the eyes of somebody who has scrolled down or reads one event.
  const reading = paused || !atTop || open !== null;
  const { state, arrivals, show } = useLiveEvents(project, query, reading);
  const pages = list.data?.pages;
  const events = useMemo(() => joined(pages ?? [], arrivals.shown), [pages, arrivals.shown]);
  const held = arrivals.held.length;

  useEffect(() => {
    if (!reading && held > 0) show();
  }, [reading, held, show]);

  const showNow = useCallback(() => {
    show();
    setPaused(false);
    setOpen(null);
    top.current?.scrollIntoView({ block: 'center' });
  }, [show, top]);

  return (
    <div className="event-feed">
      <div className="event-feed-bar" ref={top}>
        <span className={state === 'lost' ? 'freshness lost' : 'freshness'} role="status">
          <span className="live-dot" data-still={state !== 'live' || paused} />
          {paused ? 'Paused' : state === 'live' ? 'Live' : state === 'lost' ? 'Offline' : 'Connecting'}
        </span>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={paused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
          onClick={() => (paused ? showNow() : setPaused(true))}
        >
          {paused ? 'Resume' : 'Pause'}
        </Button>
      </div>
      {held > 0 && (
        <button type="button" className="fresh event-fresh" onClick={showNow}>
          {held >= MOST_ARRIVALS ? `More than ${MOST_ARRIVALS} new events` : counted(held, 'new event')}
        </button>
      )}
      {list.isError && events.length === 0 ? (
        <ProblemNote error={list.error} onRetry={() => list.refetch()} />
      ) : list.isPending ? (
        <div aria-busy="true" className="event-waiting">
          {Array.from({ length: 12 }, (_, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no other name
            <Skeleton key={i} h={12} w={`${50 + ((i * 13) % 40)}%`} />
          ))}
        </div>
      ) : events.length === 0 ? (
        empty
      ) : (
        <>
          <EventTable
            project={project}
            events={events}
            open={open}
            onOpen={setOpen}
            time={timeOf}
            of={of}
            onProperty={onProperty}
          />
          <div className="event-older">
            {list.hasNextPage ? (
              <Button
                variant="default"
                size="xs"
                loading={list.isFetchingNextPage}
                onClick={() => list.fetchNextPage()}
              >
                Load older events
              </Button>
            ) : (
              <span className="dim">No older events.</span>
            )}
            {list.isFetchNextPageError && (
              <span className="bad" role="alert">
                {list.error?.message}
              </span>
            )}
          </div>
        </>
      )}
    </div>
  );
}

/** Whether an element is on the screen; true until it is known. */
function useInView() {
  const ref = useRef<HTMLDivElement>(null);
  const [inView, setInView] = useState(true);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new IntersectionObserver((entries) => setInView(entries.at(-1)?.isIntersecting ?? true));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, inView] as const;
}
