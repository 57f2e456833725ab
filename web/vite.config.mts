import { defineConfig } from 'vite';
import { withoutBarrels } from './without-barrels.mts';

/** `vite web` is for development: it hands the API on to a Waybill at its usual port (`npm start`). */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [withoutBarrels()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    manifest: true,
    target: 'es2023',
    // Everything is a file of its own: the content policy allows no inlined script, and files are cached for good.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: {
      '/api': 'http://127.0.0.1:8000',
      '/images': 'http://127.0.0.1:8000',
      '/ws': { target: 'ws://127.0.0.1:8000', ws: true },
    },
  },
});
