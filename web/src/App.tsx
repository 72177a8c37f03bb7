import { lazy } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { useProjects } from './api/queries';
import { Frame } from './frame/Frame';
import { lastProject } from './frame/lastProject';
import { NotFound } from './frame/NotFound';
import { ProblemNote } from './parts/ProblemNote';
import { ReplaysPage } from './replays/ReplaysPage';
import { SignIn } from './signin/SignIn';

// Each page is its own piece: a first visit loads the one it opens.
const ErasuresPage = lazy(() => import('./storage/ErasuresPage'));
const EventsPage = lazy(() => import('./events/EventsPage'));
const GroupPage = lazy(() => import('./people/GroupPage'));
const GroupsPage = lazy(() => import('./people/GroupsPage'));
const PeoplePage = lazy(() => import('./people/PeoplePage'));
const ProfilePage = lazy(() => import('./people/ProfilePage'));
const ProjectPage = lazy(() => import('./projects/ProjectPage'));
const ProjectsPage = lazy(() => import('./projects/ProjectsPage'));
const SetupPage = lazy(() => import('./setup/SetupPage'));
const StoragePage = lazy(() => import('./storage/StoragePage'));
const SyncPage = lazy(() => import('./sync/SyncPage'));

/** Every page there is. */
export function App() {
  return (
    <Routes>
      <Route path="/sign-in" element={<SignIn />} />
      <Route element={<Frame />}>
        <Route index element={<Start />} />
        <Route path="/setup" element={<Start page="setup" />} />
        <Route path="/projects" element={<ProjectsPage />} />
        <Route path="/p/:project" element={<Navigate to="replays" replace />} />
        <Route path="/p/:project/replays/:session?" element={<ReplaysPage />} />
        <Route path="/p/:project/events" element={<EventsPage />} />
        <Route path="/p/:project/people" element={<PeoplePage />} />
        <Route path="/p/:project/people/:profile" element={<ProfilePage />} />
        <Route path="/p/:project/groups" element={<GroupsPage />} />
        <Route path="/p/:project/groups/:group" element={<GroupPage />} />
        <Route path="/p/:project/storage" element={<StoragePage />} />
        <Route path="/p/:project/erasures" element={<ErasuresPage />} />
        <Route path="/p/:project/sync" element={<SyncPage />} />
        <Route path="/p/:project/setup/:sdk?" element={<SetupPage />} />
        <Route path="/p/:project/settings" element={<ProjectPage />} />
        <Route path="*" element={<NotFound />} />
      </Route>
    </Routes>
  );
}

/** Goes on where the person left off: the project they last had open, else the first. */
function Start({ page = 'replays' }: { page?: 'replays' | 'setup' }) {
  const projects = useProjects();
  if (projects.isError) return <ProblemNote error={projects.error} onRetry={() => projects.refetch()} />;
  if (!projects.data) return null;
  const last = lastProject();
  const project = projects.data.find((p) => p.id === last) ?? projects.data[0];
  return <Navigate to={project ? `/p/${project.id}/${page}` : '/projects'} replace />;
}
