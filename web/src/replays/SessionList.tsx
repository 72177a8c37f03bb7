import { Button, Skeleton } from '@mantine/core';
import { IconUser } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import { Link } from 'react-router';
import { useLive } from '../api/live';
import { useSessions } from '../api/queries';
import { counted } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { KeepButton } from './KeepButton';
import { SessionRow } from './SessionRow';
import { who } from './who';

interface Props {
  project: string;
  /** The server's filter text. */
  query: string;
  filtered: boolean;
  selected: string | undefined;
  compact: boolean;
  linkTo: (session: string) => string;
  onClearFilters: () => void;
}

const ROW = 40;
const COMPACT_ROW = 56;

/** The sessions that match, as far as one scrolls. */
export function SessionList({ project, query, filtered, selected, compact, linkTo, onClearFilters }: Props) {
  const list = useSessions(project, query);
  const { fresh, clearFresh } = useLive();
  const scroller = useRef<HTMLDivElement>(null);
  const sessions = useMemo(() => list.data?.pages.flatMap((p) => p.sessions) ?? [], [list.data]);
  const rows = useVirtualizer({
    count: sessions.length + (list.hasNextPage ? 1 : 0),
    getScrollElement: () => scroller.current,
    estimateSize: () => (compact ? COMPACT_ROW : ROW),
    getItemKey: (index) => sessions[index]?.id ?? 'more',
    overscan: 8,
  });
  useEffect(() => {
    rows.measure();
    void compact;
  }, [compact, rows]);

  const items = rows.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = list;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError && lastShown >= sessions.length - 10) {
      void fetchNextPage();
    }
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, lastShown, sessions.length]);

  const { refetch } = list;
  const showFresh = () => {
    clearFresh();
    void refetch();
    scroller.current?.scrollTo({ top: 0 });
  };
  // At the top of the plain list nothing is pushed away by a new line, so it may come by itself.
  const freshCount = fresh.size;
  useEffect(() => {
    if (freshCount > 0 && !filtered && !selected && (scroller.current?.scrollTop ?? 0) === 0) {
      clearFresh();
      void refetch();
    }
  }, [freshCount, filtered, selected, clearFresh, refetch]);

  if (list.isError && sessions.length === 0) {
    return <ProblemNote error={list.error} onRetry={() => list.refetch()} />;
  }
  if (list.isPending) {
    return (
      <div className="list" aria-busy="true">
        {!compact && <Head />}
        {Array.from({ length: 12 }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no other name
          <div key={i} className={compact ? 'row compact waiting' : 'row waiting'}>
            <Skeleton h={12} w={`${60 + ((i * 7) % 30)}%`} />
          </div>
        ))}
      </div>
    );
  }
  if (sessions.length === 0) {
    return (
      <div className="list">
        <div className="empty">
          <strong>No session matches these filters</strong>
          <p>Widen the time or take a filter away.</p>
          <Button size="xs" variant="default" onClick={onClearFilters}>
            Clear filters
          </Button>
        </div>
      </div>
    );
  }
  return (
    <div className="list" data-stale={list.isPlaceholderData}>
      {!compact && <Head />}
      {freshCount > 0 && (
        <button type="button" className="fresh" onClick={showFresh}>
          {counted(freshCount, 'new session')}
        </button>
      )}
      <div className="list-scroll" ref={scroller} data-testid="sessions">
        <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {items.map((item) => {
            const session = sessions[item.index];
            return (
              <div
                key={item.key}
                className="list-item"
                style={{ transform: `translateY(${item.start}px)`, height: item.size }}
              >
                {session?.profile && !compact && (
                  <Link
                    to={`/p/${project}/people/${encodeURIComponent(session.profile.id)}`}
                    className="row-person"
                    aria-label={`All about ${who(session)}`}
                  >
                    <IconUser size={14} />
                  </Link>
                )}
                {session && !compact && (
                  <KeepButton project={project} session={session} className="row-keep" named />
                )}
                {session ? (
                  <SessionRow
                    session={session}
                    to={linkTo(session.id)}
                    compact={compact}
                    selected={session.id === selected}
                  />
                ) : (
                  <div className="row waiting">
                    {isFetchNextPageError ? (
                      <Button size="compact-xs" variant="default" onClick={() => fetchNextPage()}>
                        More sessions could not be read. Try again
                      </Button>
                    ) : (
                      <Skeleton h={12} w="50%" />
                    )}
                  </div>
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Head() {
  return (
    <div className="row head" aria-hidden="true">
      <span className="cell-who">Person</span>
      <span className="cell-page">First page</span>
      <span className="cell-from">Came from</span>
      <span className="cell-when">Last active</span>
      <span className="cell-length">Length</span>
      <span className="cell-num">Pages</span>
      <span className="cell-num cell-clicks">Clicks</span>
      <span className="cell-num">Events</span>
      <span className="cell-device">Device</span>
    </div>
  );
}
