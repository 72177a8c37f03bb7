import './people.css';
import { Skeleton } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { ApiProblem } from '../api/client';
import { useGroup } from '../api/people';
import { CopyButton } from '../parts/CopyButton';
import { count, exactly, when } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { ProfileRows } from './ProfileRows';
import { Properties } from './Properties';

/** One group and the people in it. */
export default function GroupPage() {
  const { project = '', group: id = '' } = useParams();
  const group = useGroup(project, id);
  // People can be put into a group that nobody has defined.
  const undefinedYet = group.error instanceof ApiProblem && group.error.status === 404;
  if (group.isError && !undefinedYet) {
    return <ProblemNote error={group.error} onRetry={() => group.refetch()} />;
  }
  return (
    <div className="wide" key={`${project} ${id}`}>
      <nav aria-label="Back">
        <Link to={`/p/${project}/groups`}>Groups</Link>
      </nav>
      {group.data ? (
        <>
          <div className="person-names">
            <h1 className="cut">{group.data.name || id}</h1>
            <div className="dim person-id">
              <span className="nowrap">{group.data.type} ·</span>
              <code className="cut">{id}</code>
              <CopyButton value={id} label="Copy the group's id" />
            </div>
          </div>
          <dl className="figures">
            <div>
              <dt>People</dt>
              <dd>{count(group.data.profiles)}</dd>
            </div>
            <div>
              <dt>Created</dt>
              <dd title={exactly(group.data.created_at)}>{when(group.data.created_at)}</dd>
            </div>
            <div>
              <dt>Changed</dt>
              <dd title={exactly(group.data.updated_at)}>{when(group.data.updated_at)}</dd>
            </div>
          </dl>
          <section>
            <h2>Properties</h2>
            <Properties properties={group.data.properties} />
          </section>
        </>
      ) : undefinedYet ? (
        <>
          <h1 className="cut">{id}</h1>
          <p className="dim">People were put into this group, but nothing has told what it is.</p>
        </>
      ) : (
        <Skeleton h={96} />
      )}
      <section>
        <h2>People</h2>
        <ProfileRows
          project={project}
          filter={{ group: id }}
          empty={<p className="dim">Nobody belongs to this group.</p>}
        />
      </section>
      <p>
        <Link to={`/p/${project}/events?${new URLSearchParams({ group: id })}`}>Events of this group</Link>
      </p>
    </div>
  );
}
