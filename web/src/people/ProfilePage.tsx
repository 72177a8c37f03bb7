import './people.css';
import { Button, Skeleton } from '@mantine/core';
import { IconEraser } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { ApiProblem } from '../api/client';
import { useProfile } from '../api/people';
import { useSessions } from '../api/queries';
import type { ProfileWithCounts } from '../api/types';
import { EventFeed } from '../events/EventFeed';
import { CopyButton } from '../parts/CopyButton';
import { amount, count, exactly, when } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { SessionRow } from '../replays/SessionRow';
import { initialsOf, nameOf } from './names';
import { GroupLinks } from './ProfileRows';
import { Properties } from './Properties';

const ErasePersonDialog = lazy(() => import('../erasure/ErasePerson'));

/** One person: who they are, where they belong, and everything they did. */
export default function ProfilePage() {
  const { project = '', profile: id = '' } = useParams();
  const profile = useProfile(project, id);
  // The recorder alone can name a person too; then there are sessions and nothing else.
  const unknown = profile.error instanceof ApiProblem && profile.error.status === 404;
  if (profile.isError && !unknown) {
    return <ProblemNote error={profile.error} onRetry={() => profile.refetch()} />;
  }
  return (
    <div className="wide" key={`${project} ${id}`}>
      <div className="page-head">
        <nav aria-label="Back">
          <Link to={`/p/${project}/people`}>People</Link>
        </nav>
        {(profile.data || unknown) && <ErasePerson project={project} id={id} profile={profile.data} />}
      </div>
      {profile.data ? (
        <Who project={project} profile={profile.data} />
      ) : unknown ? (
        <>
          <h1 className="cut">{id}</h1>
          <p className="dim">No event has told more of this person than the id.</p>
        </>
      ) : (
        <Skeleton h={96} />
      )}
      <Visits project={project} profile={id} />
      <section>
        <h2>Events</h2>
        <EventFeed
          project={project}
          query={new URLSearchParams({ profile: id }).toString()}
          of="person"
          empty={<p className="dim">No events of this person are kept.</p>}
        />
      </section>
    </div>
  );
}

function ErasePerson({ project, id, profile }: { project: string; id: string; profile?: ProfileWithCounts }) {
  const [dialog, setDialog] = useState<'open' | 'closed' | null>(null);
  const navigate = useNavigate();
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconEraser size={14} />}
        onClick={() => setDialog('open')}
      >
        Erase this person
      </Button>
      {dialog && (
        <Suspense>
          <ErasePersonDialog
            project={project}
            id={id}
            name={profile ? nameOf(profile) : id}
            profile={profile}
            opened={dialog === 'open'}
            onClose={(erased) => {
              setDialog('closed');
              if (erased) navigate(`/p/${project}/people`);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

function Who({ project, profile }: { project: string; profile: ProfileWithCounts }) {
  const name = nameOf(profile);
  return (
    <>
      <div className="person-head">
        <span className="initials large" aria-hidden="true">
          {initialsOf(name)}
        </span>
        <div className="person-names">
          <h1 className="cut">{name}</h1>
          <div className="dim person-id">
            {profile.email && profile.email !== name && <span className="cut">{profile.email} ·</span>}
            <code className="cut">{profile.id}</code>
            <CopyButton value={profile.id} label="Copy the person's id" />
          </div>
        </div>
      </div>
      <dl className="figures">
        <div>
          <dt>Sessions</dt>
          <dd>{count(profile.sessions)}</dd>
        </div>
        <div>
          <dt>Events</dt>
          <dd>{count(profile.events)}</dd>
        </div>
        <div>
          <dt>Revenue</dt>
          <dd>{amount(profile.revenue)}</dd>
        </div>
        <div>
          <dt>First seen</dt>
          <dd title={exactly(profile.first_seen_at)}>{when(profile.first_seen_at)}</dd>
        </div>
        <div>
          <dt>Last seen</dt>
          <dd title={exactly(profile.last_seen_at)}>{when(profile.last_seen_at)}</dd>
        </div>
        {profile.groups.length > 0 && (
          <div>
            <dt>Groups</dt>
            <dd>
              <GroupLinks project={project} groups={profile.groups} />
            </dd>
          </div>
        )}
      </dl>
      <section>
        <h2>Properties</h2>
        <Properties properties={profile.properties} />
      </section>
    </>
  );
}

/** Sessions shown here; all of them are one click away. */
const MOST = 5;

function Visits({ project, profile }: { project: string; profile: string }) {
  const list = useSessions(project, new URLSearchParams({ profile_id: profile }).toString());
  const sessions = list.data?.pages.flatMap((p) => p.sessions) ?? [];
  return (
    <section>
      <h2>Sessions</h2>
      {list.isError ? (
        <ProblemNote error={list.error} onRetry={() => list.refetch()} />
      ) : list.isPending ? (
        <Skeleton h={112} />
      ) : sessions.length === 0 ? (
        <p className="dim">No sessions of this person are kept.</p>
      ) : (
        <ul className="visits">
          {sessions.slice(0, MOST).map((session) => (
            <li key={session.id}>
              <SessionRow
                session={session}
                to={`/p/${project}/replays/${session.id}`}
                compact
                selected={false}
              />
            </li>
          ))}
        </ul>
      )}
      {(sessions.length > MOST || list.hasNextPage) && (
        <p>
          <Link to={`/p/${project}/replays?${new URLSearchParams({ profile })}`}>
            All sessions of this person
          </Link>
        </p>
      )}
    </section>
  );
}
