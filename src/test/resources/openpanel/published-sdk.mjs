// Plays scenes with the published SDK and prints what it came to, as JSON: for each call its name, how
// many requests it cost, what they were answered, and the ids the SDK holds afterwards.
//
//   node published-sdk.mjs <the SDK's module> <scene> <options as JSON>
import { pathToFileURL } from 'node:url';

const [sdk, scene, options] = process.argv.slice(2);
const { OpenPanel } = await import(pathToFileURL(sdk));
const op = new OpenPanel(JSON.parse(options));

let answers = [];
const send = globalThis.fetch;
globalThis.fetch = async (...request) => {
  const answer = await send(...request);
  answers.push(answer.status);
  return answer;
};

const calls = [];
async function call(name, act) {
  answers = [];
  await act();
  calls.push({ name, answers, device: op.getDeviceId(), session: op.getSessionId() });
}

const scenes = {
  async everything() {
    await call('track', () => op.track('order_placed', { total: 42, items: { lamp: 2 } }));
    await call('identify', () =>
      op.identify({
        profileId: 'ada',
        firstName: 'Ada',
        lastName: 'Lovelace',
        email: 'ada@example.com',
        properties: { plan: 'pro', visits: 1 },
      }),
    );
    await call('upsertGroup', () =>
      op.upsertGroup({ id: 'acme', type: 'company', name: 'Acme', properties: { seats: 5 } }),
    );
    await call('setGroup', () => op.setGroup('acme'));
    await call('track as a member', () => op.track('report_opened'));
    await call('increment', () => op.increment({ profileId: 'ada', property: 'visits', value: 4 }));
    await call('decrement', () => op.decrement({ profileId: 'ada', property: 'visits' }));
    await call('revenue', () => op.revenue(1999, { currency: 'EUR' }));
    await call('increment of nobody', () => op.increment({ profileId: 'nobody', property: 'visits' }));
    await call('decrement of no number', () => op.decrement({ profileId: 'ada', property: 'plan' }));
  },

  // As a page behind a proxy sends: with an origin and the visitor's address.
  async twice() {
    op.api.addHeader('origin', 'https://shop.example.com');
    op.api.addHeader('openpanel-client-ip', '203.0.113.7');
    await call('twice', () => Promise.all([op.track('clicked'), op.track('clicked')]));
  },
};

await scenes[scene]();
process.stdout.write(JSON.stringify(calls));
