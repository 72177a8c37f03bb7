// Writes dist/third-party.txt: the licence of every package whose code is in the dashboard, the
// recorder or the scripts beside it, as those licences ask. Served at /third-party.txt.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const seen = new Map();

function visit(name, from) {
  // As Node.js resolves: beside whoever asks, else at the top.
  const folder = [join(from, 'node_modules', name), join('node_modules', name)].find(existsSync);
  if (folder === undefined || seen.has(folder)) {
    return;
  }
  const pack = read(folder);
  seen.set(folder, pack);
  for (const dependency of Object.keys(pack.dependencies ?? {})) {
    visit(dependency, folder);
  }
}

for (const name of Object.keys(read('.').dependencies)) {
  visit(name, '.');
}

const notices = [...seen].map(([folder, pack]) => {
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)(\.|$)/i.test(name));
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${pack.license}`;
  return `${pack.name} ${pack.version} (${pack.license})\n\n${text}`;
});
notices.sort();
const rule = `\n\n${'-'.repeat(80)}\n\n`;
writeFileSync('dist/third-party.txt', `Packages in Backspool's dashboard and recorder, and the scripts of OpenPanel's SDK\n\n${notices.join(rule)}\n`);
