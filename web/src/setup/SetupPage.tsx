import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { useMe, useProject } from '../api/queries';
import type { Project, Source } from '../api/types';
import { CodeBlock } from '../parts/CodeBlock';
import { ProblemNote } from '../parts/ProblemNote';
import { AddSamples } from '../replays/AddSamples';
import { LiveCheck } from './LiveCheck';
import { Refusals } from './Refusals';
import * as snippets from './snippets';

interface Sdk {
  path: string;
  source: Source;
  name: string;
  page: (url: string, project: Project) => ReactNode;
}

const SDKS: Sdk[] = [
  { path: 'backspool', source: 'backspool', name: 'Backspool recorder', page: backspool },
  { path: 'openpanel', source: 'openpanel', name: 'OpenPanel', page: openPanel },
  { path: 'stack-auth', source: 'stackauth', name: 'Stack Auth', page: stackAuth },
  { path: 'uxcam', source: 'uxcam', name: 'UXCam-style', page: uxcam },
  { path: 'rrweb', source: 'backspool', name: 'Plain rrweb', page: rrweb },
  { path: 'files', source: 'import', name: 'Files', page: files },
];

/** One page per SDK, with what to paste, and whether it works. */
export default function SetupPage() {
  const { project = '', sdk: path } = useParams();
  const me = useMe();
  const info = useProject(project);
  const sdk = SDKS.find((s) => s.path === path) ?? SDKS[0];
  if (info.isError) return <ProblemNote error={info.error} onRetry={() => info.refetch()} />;
  return (
    <div className="narrow">
      <h1>Setup</h1>
      <nav className="subnav" aria-label="SDKs">
        {SDKS.map((s) => (
          <Link
            key={s.path}
            to={`/p/${project}/setup/${s.path}`}
            aria-current={s === sdk ? 'page' : undefined}
            className="subnav-entry"
          >
            {s.name}
          </Link>
        ))}
      </nav>
      {sdk && info.data ? (
        <>
          <LiveCheck key={`${project} ${sdk.path}`} project={project} source={sdk.source} />
          <div className="prose">{sdk.page(me.data?.public_url ?? window.location.origin, info.data)}</div>
        </>
      ) : (
        <Skeleton h={200} />
      )}
      <Refusals project={project} />
    </div>
  );
}

function backspool(url: string, project: Project): ReactNode {
  return (
    <>
      <h2>1. Put the recorder into your page</h2>
      <p>
        Inside the head element of every page that is to be recorded. The key can only write, so it may be
        public.
      </p>
      <CodeBlock label="Snippet" code={snippets.recorderSnippet(url, project)} />
      <h2>2. Choose what stays private</h2>
      <p>What people type is masked before it leaves their browser. To hide more, mark the elements:</p>
      <CodeBlock label="Privacy marks" code={snippets.recorderPrivacy} />
      <h2>3. Tell what happens</h2>
      <p>Pages are counted by themselves. Events of your own belong to the session of the recording:</p>
      <CodeBlock label="Events" code={snippets.recorderEvents} />
      <h2>4. Restrict who may send</h2>
      <p>
        Name the origins your pages are served from in the{' '}
        <Link to={`/p/${project.id}/settings`}>project's settings</Link>, so that others cannot fill your
        project.
      </p>
    </>
  );
}

function openPanel(url: string, project: Project): ReactNode {
  const settings = <Link to={`/p/${project.id}/settings`}>project's settings</Link>;
  return (
    <>
      <p>
        The published OpenPanel SDKs work with this server: events, people, groups and session replay. Only
        their <code>apiUrl</code> changes.
      </p>
      <h2>1. Put the script into your page</h2>
      <p>
        Inside the head element of every page. The scripts come from this server; the client id can only
        write.
      </p>
      <CodeBlock label="Snippet" code={snippets.openPanelSnippet(url, project)} />
      <p>
        A page may send when its origin is allowed in the {settings}
        {project.allowed_origins.length > 0
          ? `; now ${project.allowed_origins.join(', ')}.`
          : '; now every origin is.'}
      </p>
      <h2>2. Tell what happens, and who it is</h2>
      <CodeBlock label="Calls" code={snippets.openPanelCalls} />
      <p>
        Revenue from a page is refused unless the {settings} allow it, since anybody can send it.
        {project.allow_unsafe_revenue ? ' They do.' : ' They do not; report it from your server.'}
      </p>
      <h2>3. Choose what stays private</h2>
      <p>
        With session replay on, all texts and everything typed are masked before they leave the browser.
        Without <code>sessionReplay</code>, only events are sent.
      </p>
      <CodeBlock label="Replay options" code={snippets.openPanelPrivacy} />
      <h2>Or from npm, in a page you bundle</h2>
      <CodeBlock label="Browser code" code={snippets.openPanelWeb(url, project)} />
      <h2>Or from your server</h2>
      <p>With the client secret, which was shown when the project was made; the {settings} make a new one.</p>
      <CodeBlock label="Server code" code={snippets.openPanelServer(url, project)} />
      <h2>Try it without an SDK</h2>
      <CodeBlock label="curl command" code={snippets.openPanelCurl(url, project)} />
      <p>Many rows at once, up to five days old. The answer names each row that was refused.</p>
      <CodeBlock label="curl command for a batch" code={snippets.openPanelBatchCurl(url, project)} />
    </>
  );
}

function stackAuth(url: string, project: Project): ReactNode {
  return (
    <>
      <p>
        Stack Auth's client records by itself and uploads to <code>/api/v1/session-replays/batch</code> and{' '}
        <code>/api/v1/analytics/events/batch</code> of its own server. Lead these two paths to Backspool, and
        keep the client as it is.
      </p>
      <h2>1. Route the uploads</h2>
      <p>In an nginx in front of Stack Auth:</p>
      <CodeBlock label="nginx location" code={snippets.stackProxy(url)} />
      <p>Or in a Next.js application whose Stack client talks to its own origin:</p>
      <CodeBlock label="Next.js rewrite" code={snippets.stackNext(url)} />
      <h2>2. Use this project's id and key</h2>
      <CodeBlock label="Stack client" code={snippets.stackClient(project)} />
      <h2>3. Verify who is signed in</h2>
      <p>
        With the address of your key set (JWKS) in the{' '}
        <Link to={`/p/${project.id}/settings`}>project's settings</Link>, access tokens are verified and
        sessions carry the person. Without one, the publishable key alone admits an upload.
        {project.jwks_url ? ' It is set.' : ' It is not set yet.'}
      </p>
      <h2>Try it without a client</h2>
      <CodeBlock label="curl command" code={snippets.stackCurl(url, project)} />
    </>
  );
}

function uxcam(url: string, project: Project): ReactNode {
  return (
    <>
      <h2>1. Point the SDK here</h2>
      <p>
        Set the SDK's host to <code>{url}</code> and its key to <code>{project.sdk_key}</code>. It sends
        snapshots to <code>/api/snapshots/ingest</code> and events to <code>/api/events/ingest</code>,
        compressed with LZString or plain.
      </p>
      <h2>Or send from your own code</h2>
      <CodeBlock label="Script" code={snippets.uxcamScript(url, project)} />
      <h2>Try it without a page</h2>
      <CodeBlock label="curl command" code={snippets.uxcamCurl(url, project)} />
    </>
  );
}

function rrweb(url: string, project: Project): ReactNode {
  return (
    <>
      <p>
        Any program that has rrweb events can send them: a JSON array, or one event a line, plain or gzipped,
        to <code>POST /v1/replay</code>.
      </p>
      <h2>From a page</h2>
      <CodeBlock label="Script" code={snippets.rrwebScript(url, project)} />
      <h2>From a terminal</h2>
      <CodeBlock label="curl command" code={snippets.rrwebCurl(url, project)} />
      <p>
        All calls are described in the <a href="/api-reference">API reference</a>.
      </p>
    </>
  );
}

function files(_url: string, project: Project): ReactNode {
  return (
    <>
      <h2>Import recordings you have</h2>
      <p>
        rrweb events as JSON or one a line, plain, gzipped (.gz) or with Zstandard (.zst). On the server's
        machine:
      </p>
      <CodeBlock label="Import command" code={snippets.importCommand(project.name)} />
      <h2>Import events from OpenPanel</h2>
      <p>
        Rows of its table of events as JSON lines, or pages of its export API; importing a file again stores
        nothing twice.
      </p>
      <CodeBlock label="Import of events" code={snippets.importOpenPanel(project.name)} />
      <h2>Or take the samples</h2>
      <p>Four real recordings to look around with.</p>
      <AddSamples project={project.id} />
    </>
  );
}
