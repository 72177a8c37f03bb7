import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Builds `web/dist/backspool.js`, one classic script next to the dashboard's files. */
export default defineConfig({
  root: here,
  publicDir: false,
  build: {
    outDir: fileURLToPath(new URL('../dist', import.meta.url)),
    // The dashboard was built into the same directory just before.
    emptyOutDir: false,
    target: 'es2022',
    lib: {
      entry: fileURLToPath(new URL('src/main.ts', import.meta.url)),
      formats: ['iife'],
      name: 'backspoolRecorder',
      fileName: () => 'backspool.js',
    },
    rolldownOptions: {
      output: {
        postBanner:
          '/*! Backspool recorder, Apache-2.0. Contains @rrweb/record by the rrweb contributors, MIT. */',
      },
    },
  },
});
