import adapter from '@sveltejs/adapter-node'
import { sveltekit } from '@sveltejs/kit/vite'
import { defineConfig } from 'vite'

export default defineConfig({
  // #region config
  plugins: [sveltekit({ adapter: adapter(), paths: { origin: process.env.ORIGIN } })],
  // #endregion
})
