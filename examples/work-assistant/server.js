import { createReadStream, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname } from 'node:path'
import { render } from './dist/server/server.js'

// Pages are rendered here and taken over by React in the browser; the rest are the files that Vite has built.
const { CAIRN_URL, CAIRN_WRITE_KEY, PORT } = process.env
const client = new URL('dist/client', import.meta.url).pathname
const [before, after] = readFileSync(`${client}/index.html`, 'utf8').split('<!--app-->')
const types = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://page')
  const type = types[extname(pathname)]
  if (type) {
    createReadStream(client + pathname)
      .on('open', () => response.writeHead(200, { 'Content-Type': type }))
      .on('error', () => response.writeHead(404).end())
      .pipe(response)
    return
  }
  const user = /user=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
  const page = JSON.stringify({ cairnUrl: CAIRN_URL, writeKey: CAIRN_WRITE_KEY, user })
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
  response.write(before.replace(/(id="page">)[^<]*/, `$1${page}`))
  render({ path: pathname, user }, response, after)
}).listen(Number(PORT), () => console.log(`Lodestar: http://localhost:${PORT}`))
