// Copies the scripts of OpenPanel's web SDK, unmodified, to where the server gives them out: /op1.js
// and /op1-replay.js. Their licence is in dist/third-party.txt.
import { copyFileSync } from 'node:fs';

const SDK = 'node_modules/@openpanel/web/dist/src';
copyFileSync(`${SDK}/tracker.global.js`, 'dist/op1.js');
copyFileSync(`${SDK}/replay.global.js`, 'dist/op1-replay.js');
