import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import {
  IconDots,
  IconEraser,
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconX,
} from '@tabler/icons-react';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { useProject, useSession, useSessions } from '../api/queries';
import type { Session } from '../api/types';
import { count, exactly, when } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { EmptyProject } from './EmptyProject';
import { FilterBar } from './FilterBar';
import {
  type Filters,
  readClockMoment,
  readFilters,
  readMoment,
  serverQuery,
  writeFilters,
  writeMoment,
} from './filters';
import { KeepButton } from './KeepButton';
import { SessionList } from './SessionList';
import { deviceName, entryOf, who } from './who';

const loadPlayer = () => import('../player/PlayerPane');
const PlayerPane = lazy(loadPlayer);
const EraseSession = lazy(() => import('../erasure/EraseSession'));

/** The list of sessions, and the one being watched. The address holds the filters, the session, the moment. */
export function ReplaysPage() {
  const { project = '', session } = useParams();
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const small = useMediaQuery('(max-width: 900px)', false, { getInitialValueInEffect: false });
  const [listHidden, setListHidden] = useState(false);
  // Outlives the player: the receipt is read when the session is gone.
  const [erasing, setErasing] = useState<{ session: Session; opened: boolean } | null>(null);

  const filters = useMemo(() => readFilters(params), [params]);
  const filterText = writeFilters(filters).toString();
  // One moment per set of filters: "last 24 hours" must not become another question while one reads.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the filters
  const query = useMemo(() => serverQuery(filters, Date.now()), [filterText, project]);
  const filtered = filterText !== '';

  const base = `/p/${project}/replays`;
  const address = useCallback(
    (id: string | undefined, f: string, moment?: number) => {
      const search = new URLSearchParams(f);
      if (moment !== undefined) search.set('t', writeMoment(moment));
      const text = search.toString();
      return `${base}${id ? `/${id}` : ''}${text ? `?${text}` : ''}`;
    },
    [base],
  );
  const linkTo = useCallback((id: string) => address(id, filterText), [address, filterText]);
  const setFilters = (next: Filters) => navigate(address(session, writeFilters(next).toString()));

  const info = useProject(project);
  const list = useSessions(project, query);
  const opened = useSession(project, session);

  // The player is large and not needed for the list, but very likely next.
  const listed = list.isSuccess;
  useEffect(() => {
    if (!listed) return;
    const timer = setTimeout(() => void loadPlayer().catch(() => {}), 300);
    return () => clearTimeout(timer);
  }, [listed]);

  if (info.isError) return <ProblemNote error={info.error} onRetry={() => info.refetch()} />;
  const nothing = !filtered && !session && list.isSuccess && list.data.pages[0]?.sessions.length === 0;
  if (nothing && info.data && !erasing?.opened) return <EmptyProject project={info.data} />;

  const compact = small || session !== undefined;
  return (
    <div className="replays" data-watching={session !== undefined} data-list-hidden={listHidden && !small}>
      {!(listHidden && session && !small) && (
        <section className="replays-list" aria-label="Sessions">
          <div className="replays-head">
            {!session && (
              <h1>
                Replays
                {!filtered && info.data && <span className="dim"> {count(info.data.session_count)}</span>}
              </h1>
            )}
            <FilterBar filters={filters} onChange={setFilters} />
          </div>
          <SessionList
            key={project}
            project={project}
            query={query}
            filtered={filtered}
            selected={session}
            compact={compact}
            linkTo={linkTo}
            onClearFilters={() => setFilters({})}
          />
        </section>
      )}
      {session && (
        <section className="replays-player" aria-label="Player">
          {opened.isError ? (
            <ProblemNote error={opened.error} onRetry={() => opened.refetch()} />
          ) : opened.data ? (
            <Suspense fallback={<div className="player" aria-busy="true" />}>
              <PlayerPane
                key={session}
                project={project}
                session={opened.data}
                moment={readMoment(params)}
                clockMoment={readClockMoment(params)}
                onMoment={(ms) =>
                  navigate(address(session, filterText, ms), { replace: true, preventScrollReset: true })
                }
                linkTo={(ms) => `${window.location.origin}${address(session, filterText, ms)}`}
                header={
                  <Header
                    project={project}
                    session={opened.data}
                    close={address(undefined, filterText)}
                    listHidden={listHidden}
                    onToggleList={small ? undefined : () => setListHidden(!listHidden)}
                    onErase={() => opened.data && setErasing({ session: opened.data, opened: true })}
                  />
                }
              />
            </Suspense>
          ) : (
            <div className="player" aria-busy="true" />
          )}
        </section>
      )}
      {erasing && (
        <Suspense>
          <EraseSession
            project={project}
            session={erasing.session}
            opened={erasing.opened}
            onErased={() => navigate(address(undefined, filterText))}
            onClose={() => setErasing({ ...erasing, opened: false })}
          />
        </Suspense>
      )}
    </div>
  );
}

interface HeaderProps {
  project: string;
  session: Session;
  close: string;
  listHidden: boolean;
  onToggleList: (() => void) | undefined;
  onErase: () => void;
}

function Header({ project, session, close, listHidden, onToggleList, onErase }: HeaderProps) {
  const toggle = listHidden ? 'Show the list' : 'Hide the list';
  return (
    <div className="player-head">
      {onToggleList && (
        <Tooltip label={toggle}>
          <ActionIcon variant="subtle" color="gray" onClick={onToggleList} aria-label={toggle}>
            {listHidden ? (
              <IconLayoutSidebarLeftExpand size={16} />
            ) : (
              <IconLayoutSidebarLeftCollapse size={16} />
            )}
          </ActionIcon>
        </Tooltip>
      )}
      <h1 className="cut">
        {session.profile ? (
          <Link
            to={`/p/${project}/people/${encodeURIComponent(session.profile.id)}`}
            className="quiet-link cut"
            title="All about this person"
          >
            {who(session)}
          </Link>
        ) : (
          who(session)
        )}
      </h1>
      <span className="dim cut">
        <span title={exactly(session.started_at)}>{when(session.started_at)}</span> ·{' '}
        {deviceName(session.device)}
        {entryOf(session) && ` · ${entryOf(session)}`}
      </span>
      <span className="top-space" />
      <KeepButton project={project} session={session} />
      <Menu position="bottom-end" shadow="sm" width={200}>
        <Menu.Target>
          <Tooltip label="More">
            <ActionIcon variant="subtle" color="gray" aria-label="More to do with this session">
              <IconDots size={16} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconEraser size={14} />}
            c="var(--bad)"
            // The menu closes first and gives the focus back; then the dialog may take it.
            onClick={() => setTimeout(onErase, 0)}
          >
            Erase session
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Tooltip label="Close">
        <ActionIcon component={Link} to={close} variant="subtle" color="gray" aria-label="Close the player">
          <IconX size={16} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
