import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname } from 'node:path'

// Files of public/; pages are told where Cairn is.
const { CAIRN_URL, CAIRN_WRITE_KEY, PORT } = process.env
const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' }

createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://page')
  const file = pathname === '/' ? '/index.html' : pathname
  try {
    const text = await readFile(new URL(`public${file}`, import.meta.url), 'utf8')
    response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'text/plain' })
    response.end(text.replaceAll('http://localhost:4300', CAIRN_URL).replaceAll('YOUR_WRITE_KEY', CAIRN_WRITE_KEY))
  } catch {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('There is no such page.')
  }
}).listen(Number(PORT), () => console.log(`Fern & Field: http://localhost:${PORT}`))
