import {
  ActionIcon,
  Menu,
  Skeleton,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconArrowsExchange,
  IconDatabase,
  IconLogout,
  IconMoon,
  IconPlayerPlay,
  IconPlugConnected,
  IconStack2,
  IconSun,
  IconTimelineEvent,
  IconUser,
  IconUsers,
} from '@tabler/icons-react';
import { type ComponentType, Suspense, useEffect } from 'react';
import { Link, Navigate, NavLink, Outlet, useLocation, useMatch } from 'react-router';
import { LiveContext, useLiveSessions } from '../api/live';
import { useMe, useSignOut } from '../api/queries';
import { Logo } from '../parts/Logo';
import { ProblemNote } from '../parts/ProblemNote';
import { LiveDot } from './LiveDot';
import { lastProject, rememberProject } from './lastProject';
import { ProjectSwitch } from './ProjectSwitch';
import { Search } from './Search';

/** What stands around every page: the rail, the project, search, freshness, theme, and who is here. */
export function Frame() {
  const me = useMe();
  const location = useLocation();
  const project = useMatch('/p/:project/*')?.params.project;
  const live = useLiveSessions(me.data ? project : undefined);
  useEffect(() => {
    if (project) rememberProject(project);
  }, [project]);

  if (me.isError) return <ProblemNote error={me.error} onRetry={() => me.refetch()} />;
  if (me.isPending) return <div className="frame" aria-busy="true" />;
  if (!me.data) {
    const next = `${location.pathname}${location.search}`;
    return <Navigate to={next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`} replace />;
  }
  return (
    <LiveContext.Provider value={live}>
      <div className="frame">
        <a className="skip" href="#page">
          Skip to the page
        </a>
        <Rail project={project ?? lastProject() ?? undefined} />
        <header className="top">
          <Link to="/" className="top-logo" aria-label="Backspool">
            <Logo />
          </Link>
          <ProjectSwitch current={project} />
          <span className="top-space" />
          {project && <Search project={project} />}
          {project && <LiveDot />}
          <ThemeToggle />
          <Account version={me.data.version} />
        </header>
        <main className="page" id="page">
          <Suspense fallback={<PageSkeleton />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
    </LiveContext.Provider>
  );
}

function Rail({ project }: { project: string | undefined }) {
  const groups = useMatch('/p/:project/groups/*') !== null;
  const erasures = useMatch('/p/:project/erasures') !== null;
  /** @param also whether a page of another address belongs to this entry */
  const entry = (
    to: string,
    name: string,
    Icon: ComponentType<{ size: number; stroke: number }>,
    also = false,
  ) => (
    <NavLink to={to} className={also ? 'rail-entry active' : 'rail-entry'}>
      <Icon size={20} stroke={1.6} />
      <span>{name}</span>
    </NavLink>
  );
  return (
    <nav className="rail" aria-label="Pages">
      <Link to="/" className="rail-logo" aria-label="Backspool, to the start">
        <Logo size={26} />
      </Link>
      {project && entry(`/p/${project}/replays`, 'Replays', IconPlayerPlay)}
      {project && entry(`/p/${project}/events`, 'Events', IconTimelineEvent)}
      {project && entry(`/p/${project}/people`, 'People', IconUsers, groups)}
      {project && entry(`/p/${project}/storage`, 'Storage', IconDatabase, erasures)}
      {project && entry(`/p/${project}/sync`, 'Sync', IconArrowsExchange)}
      {project && entry(`/p/${project}/setup`, 'Setup', IconPlugConnected)}
      {entry('/projects', 'Projects', IconStack2)}
    </nav>
  );
}

function ThemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <Tooltip label={`Use the ${other} theme`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        onClick={() => setColorScheme(other)}
        aria-label={`Use the ${other} theme`}
      >
        {scheme === 'dark' ? <IconSun size={16} /> : <IconMoon size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}

function Account({ version }: { version: string }) {
  const signOut = useSignOut();
  const leave = () =>
    signOut.mutate(undefined, {
      onError: (error) => notifications.show({ title: 'You are still signed in', message: error.message }),
    });
  return (
    <Menu position="bottom-end" shadow="sm" width={180}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="Account">
          <IconUser size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Backspool {version}</Menu.Label>
        <Menu.Item component="a" href="/api-reference">
          API reference
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={14} />} onClick={leave}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Shown while a page's own code is on its way. */
function PageSkeleton() {
  return (
    <div className="narrow" aria-busy="true">
      <Skeleton h={24} w={200} mb="md" />
      <Skeleton h={160} />
    </div>
  );
}
