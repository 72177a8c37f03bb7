import type { Project } from '../api/types';

type Keys = Pick<Project, 'id' | 'sdk_key' | 'client_id' | 'publishable_key'>;

/** Values stand inside quotes in what people paste; nothing in them may end those quotes. */
function quoted(value: string): string {
  return value.replace(
    /[\\'"`$<>&\s]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** The whole installation of our own recorder. */
export function recorderSnippet(url: string, { sdk_key }: Keys): string {
  return `<script
  src="${quoted(url)}/backspool.js"
  data-key="${quoted(sdk_key)}"
  async
></script>`;
}

export const recorderPrivacy = `<!-- Never recorded: a box of the same size stands in its place. -->
<div data-backspool-block> … </div>

<!-- Recorded, with its text replaced by asterisks. -->
<p data-backspool-mask> … </p>`;

/** What a page may tell beside its recording. */
export const recorderEvents = `backspool.identify('42', { name: 'Ada', email: 'ada@example.com', plan: 'pro' });
backspool.track('order_placed', { items: 3 });`;

/** The two paths of Stack Auth that Backspool answers, led here by the proxy in front of it. */
export function stackProxy(url: string): string {
  return `location ~ ^/api/v1/(session-replays|analytics/events)/batch$ {
  proxy_pass ${quoted(url)};
  proxy_ssl_server_name on;
}`;
}

export function stackNext(url: string): string {
  return `// next.config.js
module.exports = {
  async rewrites() {
    return {
      beforeFiles: [
        {
          source: '/api/v1/session-replays/batch',
          destination: '${quoted(url)}/api/v1/session-replays/batch',
        },
        {
          source: '/api/v1/analytics/events/batch',
          destination: '${quoted(url)}/api/v1/analytics/events/batch',
        },
      ],
    };
  },
};`;
}

export function stackClient({ id, publishable_key }: Keys): string {
  return `import { StackClientApp } from '@stackframe/react';

export const stackClientApp = new StackClientApp({
  projectId: '${quoted(id)}',
  publishableClientKey: '${quoted(publishable_key)}',
  tokenStore: 'cookie',
});`;
}

export function stackCurl(url: string, { id, publishable_key }: Keys): string {
  return `curl ${quoted(url)}/api/v1/session-replays/batch \\
  -H 'Content-Type: application/json' \\
  -H 'X-Stack-Access-Type: client' \\
  -H 'X-Stack-Project-Id: ${quoted(id)}' \\
  -H 'X-Stack-Publishable-Client-Key: ${quoted(publishable_key)}' \\
  -d '{
    "browser_session_id": "0d7a5c1e-6f0b-4c55-9a49-0d0a3c5f7b11",
    "session_replay_segment_id": "5e1f6a52-5a7e-4b1c-8b61-3a9f0f4f2d22",
    "batch_id": "'$(uuidgen | tr A-Z a-z)'",
    "started_at_ms": '$(date +%s000)',
    "sent_at_ms": '$(date +%s000)',
    "events": [
      {"type": 4, "data": {"href": "https://example.com/", "width": 1280, "height": 720}, "timestamp": '$(date +%s000)'}
    ]
  }'`;
}

/** A UXCam-style recorder in full, for those who have no SDK yet. */
export function uxcamScript(url: string, { sdk_key }: Keys): string {
  return `import { record } from '@rrweb/record';
import { compressToBase64 } from 'lz-string';

const host = '${quoted(url)}';
const sdkKey = '${quoted(sdk_key)}';
const sessionId = \`sess_\${Date.now()}_\${Math.random().toString(36).slice(2, 8)}\`;
let waiting = [];
let first = true;

async function send() {
  if (waiting.length === 0) return;
  const snapshots = waiting;
  waiting = [];
  await fetch(\`\${host}/api/snapshots/ingest\`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      sdk_key: sdkKey,
      session_id: sessionId,
      snapshots: compressToBase64(JSON.stringify(snapshots)),
      snapshot_count: snapshots.length,
      is_initial_snapshot: first,
    }),
  });
  first = false;
}

record({
  maskAllInputs: true,
  emit(event) {
    waiting.push(event);
    if (waiting.length >= 50) send();
  },
});
setInterval(send, 5000);`;
}

export function uxcamCurl(url: string, { sdk_key }: Keys): string {
  return `curl ${quoted(url)}/api/snapshots/ingest \\
  -H 'Content-Type: application/json' \\
  -d '{
    "sdk_key": "${quoted(sdk_key)}",
    "session_id": "sess_'$(date +%s)'_curl01",
    "snapshot_count": 1,
    "is_initial_snapshot": false,
    "snapshots": [
      {"type": 4, "data": {"href": "https://example.com/", "width": 1280, "height": 720}, "timestamp": '$(date +%s000)'}
    ]
  }'`;
}

/** Plain rrweb, sent by a few lines of one's own. */
export function rrwebScript(url: string, { sdk_key }: Keys): string {
  return `import { record } from '@rrweb/record';

const sessionId = crypto.randomUUID();
const tabId = crypto.randomUUID();
let waiting = [];

async function send() {
  if (waiting.length === 0) return;
  const events = waiting;
  waiting = [];
  // The same batch_id may be sent again after a failure: it is stored once.
  const query = new URLSearchParams({
    session_id: sessionId,
    tab_id: tabId,
    batch_id: crypto.randomUUID(),
  });
  await fetch(\`${quoted(url)}/v1/replay?\${query}\`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Authorization: 'Bearer ${quoted(sdk_key)}',
    },
    body: JSON.stringify(events),
  });
}

record({ maskAllInputs: true, emit: (event) => waiting.push(event) });
setInterval(send, 5000);`;
}

export function rrwebCurl(url: string, { sdk_key }: Keys): string {
  return `curl '${quoted(url)}/v1/replay?session_id=my-session&tab_id=1&batch_id=1' \\
  -H 'Authorization: Bearer ${quoted(sdk_key)}' \\
  -H 'Content-Type: application/json' \\
  --data-binary @events.json`;
}

/**
 * The OpenPanel script tag, led to this server. Until the script has loaded, `op` keeps the calls made
 * of it in the form the script looks for: a queue `q` of calls, the first of them `init`.
 */
export function openPanelSnippet(url: string, { client_id }: Keys): string {
  return `<script>
  window.op = window.op || (() => {
    const q = [];
    const later = (...call) => q.push(call);
    const get = (_, name) => (name === 'q' ? q : later.bind(null, name));
    return new Proxy(later, { get });
  })();
  op('init', {
    apiUrl: '${quoted(url)}',
    clientId: '${quoted(client_id)}',
    trackScreenViews: true,
    trackOutgoingLinks: true,
    trackAttributes: true,
    sessionReplay: { enabled: true },
  });
</script>
<script src="${quoted(url)}/op1.js" async></script>`;
}

export const openPanelCalls = `op('track', 'signed_up', { plan: 'pro' });
op('identify', { profileId: 'user-42', firstName: 'Mira', email: 'mira@example.com' });
op('revenue', 4900, { order: 'A-1001' }); // minor units: 49.00`;

export const openPanelPrivacy = `sessionReplay: {
  enabled: true,
  sampleRate: 0.5,                       // record half of the visits
  maskAllText: false,                    // show texts; what people type stays masked
  blockSelector: '[data-private]',       // leave a box of the same size
}`;

/** For a page that is bundled. */
export function openPanelWeb(url: string, { client_id }: Keys): string {
  return `// npm install @openpanel/web
import { OpenPanel } from '@openpanel/web';

export const op = new OpenPanel({
  apiUrl: '${quoted(url)}',
  clientId: '${quoted(client_id)}',
  trackScreenViews: true,
  trackOutgoingLinks: true,
  trackAttributes: true,
  sessionReplay: { enabled: true },
});

op.track('signed_up', { plan: 'pro' });
op.identify({ profileId: 'user-42', firstName: 'Mira', email: 'mira@example.com' });
op.upsertGroup({ id: 'acme', type: 'company', name: 'Acme' });
op.setGroup('acme');`;
}

/** For a program on a server, which may hold the secret. */
export function openPanelServer(url: string, { client_id }: Keys): string {
  return `// npm install @openpanel/sdk
import { OpenPanel } from '@openpanel/sdk';

const op = new OpenPanel({
  apiUrl: '${quoted(url)}',
  clientId: '${quoted(client_id)}',
  clientSecret: process.env.BACKSPOOL_CLIENT_SECRET,
});

await op.track('invoice_paid', { profileId: 'user-42', invoice: 'A-1001' });
await op.revenue(4900, { profileId: 'user-42' });`;
}

export function openPanelCurl(url: string, { client_id }: Keys): string {
  return `curl ${quoted(url)}/track \\
  -H 'Content-Type: application/json' \\
  -H 'openpanel-client-id: ${quoted(client_id)}' \\
  -H "openpanel-client-secret: $BACKSPOOL_CLIENT_SECRET" \\
  -d '{
    "type": "track",
    "payload": {
      "name": "signed_up",
      "profileId": "user-42",
      "properties": {"plan": "pro", "__path": "https://example.com/welcome", "__deviceId": "curl-1"}
    }
  }'`;
}

/** Up to 2,000 rows at once, such as a device's events of the days it was offline. */
export function openPanelBatchCurl(url: string, { client_id }: Keys): string {
  return `curl ${quoted(url)}/track/batch \\
  -H 'Content-Type: application/json' \\
  -H 'openpanel-client-id: ${quoted(client_id)}' \\
  -H "openpanel-client-secret: $BACKSPOOL_CLIENT_SECRET" \\
  -d '{
    "events": [
      {"type": "identify", "payload": {"profileId": "user-42", "firstName": "Mira"}},
      {"type": "track", "payload": {"name": "door_opened", "profileId": "user-42", "properties": {
        "__deviceId": "sensor-7", "__timestamp": "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'"}}}
    ]
  }'`;
}

export function importOpenPanel(project: string): string {
  return `./backspool import openpanel --project '${project.replace(/'/g, "'\\''")}' events.ndjson.gz`;
}

export function importCommand(project: string): string {
  return `./backspool import --project '${project.replace(/'/g, "'\\''")}' recording.json.zst`;
}
