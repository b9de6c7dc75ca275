import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** Below it a compressed answer saves no packet. */
const LEAST_BYTES = 1_024

/**
 * Beside each asset the same as .br and .gz, made once here and not with every request. While watching there are none: the server then
 * sends the asset as it is.
 */
export const compressed = (): Plugin => ({
  name: 'compressed',
  apply: 'build',
  writeBundle({ dir = '' }, bundle) {
    if (this.meta.watchMode) return
    for (const name of Object.keys(bundle)) {
      if (!/^assets\/.+\.(js|css|svg|json)$/.test(name)) continue
      const file = join(dir, name)
      const bytes = readFileSync(file)
      if (bytes.length < LEAST_BYTES) continue
      writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }))
      writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }))
    }
  },
})
