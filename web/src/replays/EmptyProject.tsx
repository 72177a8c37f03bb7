import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { useMe } from '../api/queries';
import type { Project } from '../api/types';
import { CodeBlock } from '../parts/CodeBlock';
import { recorderSnippet } from '../setup/snippets';
import { AddSamples } from './AddSamples';

/** What a newcomer sees: how the first recording gets here, or how to see one at once. */
export function EmptyProject({ project }: { project: Project }) {
  const me = useMe();
  return (
    <div className="narrow">
      <h1>No recordings in {project.name} yet</h1>
      <ol className="steps">
        <li>
          <h2>Put the recorder into your page</h2>
          <p className="dim">
            Inside the head element of every page. What people type is masked before it leaves their browser.
          </p>
          <CodeBlock
            label="Snippet"
            code={recorderSnippet(me.data?.public_url ?? window.location.origin, project)}
          />
          <p>
            <Link to={`/p/${project.id}/setup`}>Another SDK</Link>: Stack Auth, a UXCam-style SDK, or rrweb
            itself.
          </p>
        </li>
        <li>
          <h2>Open the page and click around</h2>
          <p className="dim">The session appears here within seconds, and can be watched while it goes on.</p>
        </li>
      </ol>
      <div className="aside-box">
        <div>
          <h2>Or look around first</h2>
          <p className="dim">Four real recordings of a shop's admin pages, a grid and an API page.</p>
        </div>
        <AddSamples project={project.id} />
      </div>
      <p className="dim">
        <Button component={Link} to={`/p/${project.id}/setup`} variant="subtle" size="compact-sm" ml={-8}>
          Go to Setup
        </Button>
      </p>
    </div>
  );
}
