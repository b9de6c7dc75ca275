import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { endpoints } from '@cairn/wire/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

export interface ClientsDeps {
  /** Where the built trackers lie. */
  clientsDir: string
  /** CAIRN_SCRIPT_NAME */
  scriptName: string
  /** CAIRN_COLLECT_PATH */
  collectPath: string | undefined
}

/**
 * The trackers as they were built into `clientsDir`, for pages and servers of any origin: scripts, the parts that they load when asked for, and
 * packages for npm. Scripts name two addresses by their usual text, which is replaced where settings say otherwise. Files are looked at with
 * each request, so that a build that ends while the server runs is there with the next; what is made of them is kept until they change.
 */
export async function serveClients(app: FastifyInstance, deps: ClientsDeps): Promise<void> {
  const { clientsDir, scriptName } = deps
  const scripts = new Scripts(deps)
  for (const kind of ['js', 'mjs'])
    app.get(`/${scriptName}.${kind}`, async (request, reply) =>
      send(request, open(reply), await scripts.get(`cairn.${kind}`), { type: SCRIPT, keep: 'public, max-age=3600', absent: 503 }),
    )
  app.get<{ Params: { file: string } }>(`/${scriptName}/chunks/:file`, async (request, reply) => {
    const { file } = request.params
    const found = /^[\w-]+\.js$/.test(file) ? await scripts.get(join('chunks', file)) : undefined
    // Names hold a hash of the content.
    return send(request, open(reply), found, { type: SCRIPT, keep: 'public, max-age=31536000, immutable', absent: 404 })
  })
  for (const name of ['cairn-browser.tgz', 'cairn-node.tgz', 'cairn-query.tgz'])
    app.get(`/packages/${name}`, async (request, reply) => {
      const bytes = await readFile(join(clientsDir, name)).catch(absent)
      return send(request, open(reply), bytes && { tag: tagOf(bytes), plain: bytes }, { type: 'application/gzip', keep: 'no-cache', absent: 503 })
    })
}

const SCRIPT = 'text/javascript; charset=utf-8'

interface Served {
  tag: string
  plain: Buffer
  br?: Buffer | undefined
  gz?: Buffer | undefined
}

/** Scripts with the addresses of this installation, by their file; as small as they get. */
class Scripts {
  readonly #folder: string
  readonly #addresses: ReadonlyArray<readonly [usual: string, own: string]>
  readonly #known = new Map<string, { stamp: string; served: Promise<Served> }>()

  constructor({ clientsDir, scriptName, collectPath }: ClientsDeps) {
    this.#folder = join(clientsDir, 'script')
    this.#addresses = [
      [endpoints.logBatch.path, collectPath ?? endpoints.logBatch.path],
      ['/cairn/chunks/', `/${scriptName}/chunks/`],
    ]
  }

  /** Undefined where there is no such file. */
  async get(file: string): Promise<Served | undefined> {
    const path = join(this.#folder, file)
    const found = await stat(path).catch(absent)
    if (!found) return undefined
    const stamp = `${found.mtimeMs} ${found.size}`
    const known = this.#known.get(file)
    if (known?.stamp === stamp) return known.served
    const served = this.#make(path)
    this.#known.set(file, { stamp, served })
    served.catch(() => this.#known.delete(file))
    return served
  }

  async #make(path: string): Promise<Served> {
    const built = await readFile(path, 'utf8')
    const text = this.#addresses.reduce((script, [usual, own]) => script.replaceAll(usual, own), built)
    const plain = Buffer.from(text)
    const [br, gz] =
      text === built
        ? await Promise.all(['br', 'gz'].map((kind) => readFile(`${path}.${kind}`).catch(absent)))
        : await Promise.all([compress.br(plain), compress.gz(plain)])
    return { tag: tagOf(plain), plain, br, gz }
  }
}

const compress = { br: promisify(brotliCompress), gz: promisify(gzip) }

/** Any page may load them, whatever its own policy asks of what it embeds. */
const open = (reply: FastifyReply): FastifyReply => reply.header('Access-Control-Allow-Origin', '*').header('Cross-Origin-Resource-Policy', 'cross-origin')

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  served: Served | undefined,
  { type, keep, absent: status }: { type: string; keep: string; absent: 404 | 503 },
): FastifyReply {
  if (!served)
    return reply
      .code(status)
      .type('text/plain; charset=utf-8')
      .send(status === 503 ? notBuilt : notThere)
  void reply.header('Cache-Control', keep).header('ETag', `W/${served.tag}`)
  if (served.br ?? served.gz) void reply.header('Vary', 'Accept-Encoding')
  if (request.headers['if-none-match']?.includes(served.tag)) return reply.code(304).send()
  const taken = request.headers['accept-encoding'] ?? ''
  const [encoding, bytes] =
    served.br && /\bbr\b/.test(taken) ? ['br', served.br] : served.gz && /\bgzip\b/.test(taken) ? ['gzip', served.gz] : [undefined, served.plain]
  if (encoding !== undefined) void reply.header('Content-Encoding', encoding)
  return reply.type(type).send(bytes)
}

/** The same script has one tag in every encoding, so it is sent as a weak one. */
const tagOf = (bytes: Buffer): string => `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}

const notBuilt = 'The trackers are not built yet. "npm start" builds them before it starts, "npm run build" beside a server that runs. Then load this again.\n'
const notThere = 'There is no such part of the tracker. A page that asks for it was loaded before the tracker was built anew: load the page again.\n'
