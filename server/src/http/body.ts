import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
import { MAX_BODY_BYTES } from '@cairn/wire/event'
import { CairnError } from '../base/errors.ts'

const decoders = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) }
const rawDeflate = promisify(inflateRaw)

/**
 * A request's body as JSON, decided by its content and not by its Content-Type: sendBeacon sends JSON as text/plain, some clients send gzip
 * without saying so. An empty body is an empty object. At most 1 MB after decompression, so that a small bomb does not become a large one.
 */
export async function readBody(bytes: Buffer | undefined, contentEncoding: string | undefined): Promise<unknown> {
  if (!bytes || bytes.length === 0) return {}
  const plain = await decompress(bytes, contentEncoding)
  if (plain.length > MAX_BODY_BYTES) throw new CairnError('too_large', 'The body is over 1 MB after decompression; send fewer events at once.')
  try {
    return JSON.parse(plain.toString('utf8')) as unknown
  } catch (error) {
    if (plain.toString('latin1').trim() === '') return {}
    throw new CairnError('malformed', 'The body is not JSON; send a JSON object, whatever the Content-Type.', { cause: error })
  }
}

async function decompress(bytes: Buffer, contentEncoding: string | undefined): Promise<Buffer> {
  const named = contentEncoding?.trim().toLowerCase() ?? ''
  const encoding = (bytes[0] === 0x1f && bytes[1] === 0x8b) || named === 'x-gzip' ? 'gzip' : named
  if (encoding === '' || encoding === 'identity') return bytes
  if (encoding !== 'gzip' && encoding !== 'deflate' && encoding !== 'br')
    throw new CairnError('unsupported_encoding', `Content-Encoding ${encoding.slice(0, 40)} is not taken; send gzip, deflate, br or no encoding.`)
  const limit = { maxOutputLength: MAX_BODY_BYTES + 1 }
  try {
    // "deflate" means zlib by the standard and the bare stream by some clients; zlib's first byte ends in 8.
    if (encoding === 'deflate' && ((bytes[0] ?? 0) & 0x0f) !== 8) return await rawDeflate(bytes, limit)
    return await decoders[encoding](bytes, limit)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      throw new CairnError('too_large', 'The body is over 1 MB after decompression; send fewer events at once.', { cause: error })
    throw new CairnError('malformed', `The body is not ${encoding}.`, { cause: error })
  }
}
