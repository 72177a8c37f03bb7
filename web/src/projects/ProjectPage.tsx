import { Skeleton } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { useProject } from '../api/queries';
import { exactly } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { DeleteProject } from './DeleteProject';
import { Keys } from './Keys';
import { EventRulesForm, NameForm, OriginsForm, RulesForm } from './SettingsForms';

/** A project's settings, most used first. */
export default function ProjectPage() {
  const { project: id = '' } = useParams();
  const info = useProject(id);
  if (info.isError) return <ProblemNote error={info.error} onRetry={() => info.refetch()} />;
  if (!info.data) {
    return (
      <div className="narrow" aria-busy="true">
        <Skeleton h={28} w={200} mb="md" />
        <Skeleton h={240} />
      </div>
    );
  }
  const project = info.data;
  return (
    <div className="narrow" key={id}>
      <h1>{project.name}</h1>
      <p className="dim">
        Created {exactly(project.created_at)}. Id <code>{project.id}</code>
      </p>
      <NameForm project={project} />
      <Keys project={project} />
      <OriginsForm project={project} />
      <RulesForm project={project} />
      <EventRulesForm project={project} />
      <section className="settings">
        <h2>How long things are kept</h2>
        <p className="dim">
          Stands beside what is stored, and what the next run deletes, on the{' '}
          <Link to={`/p/${project.id}/storage#retention`}>Storage page</Link>.
        </p>
      </section>
      <DeleteProject project={project} />
    </div>
  );
}
