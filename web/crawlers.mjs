// Writes the list by which the server knows robots from visitors. Run it after a new version of
// crawler-user-agents: npm run crawlers.
import { readFileSync, writeFileSync } from 'node:fs';

const read = (file) => JSON.parse(readFileSync(`node_modules/crawler-user-agents/${file}`, 'utf8'));
const { version, license } = read('package.json');

// An HTTP library is not a robot here: okhttp or curl is how a customer's own server sends events.
const crawlers = read('crawler-user-agents.json').filter(
  ({ tags }) => !tags?.includes('http-library'),
);
const patterns = crawlers.map(({ pattern }) => pattern).sort();
writeFileSync(
  '../src/main/resources/enrich/crawlers.txt',
  `# crawler-user-agents ${version} (${license}), made by web/crawlers.mjs\n${patterns.join('\n')}\n`,
);
