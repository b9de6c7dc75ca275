import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compressed } from './build/compress.ts'
import { endpointPaths } from './build/endpoints.ts'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), endpointPaths(), compressed()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // An inline script, which the server's policy refuses; browsers of this target need none.
    modulePreload: { polyfill: false },
    // The policy takes no data: for fonts.
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: false,
  },
})
