import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` finds the running server. */
const server = 'http://127.0.0.1:8420';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The server's policy forbids inline scripts and data: scripts, so nothing may be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  worker: { format: 'es' },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/v1', '/backspool.js', '/openapi.json', '/api-reference', '/healthz'].map((path) => [
        path,
        { target: server, changeOrigin: false },
      ]),
    ),
  },
  test: { include: ['src/**/*.test.ts', 'recorder/test/**/*.test.ts'], environment: 'node' },
});
