import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { Forwarder } from './forward.ts'

/** A web standard request, passed on where it may be, and its answer; 404 for anything else. Never rejects. */
export async function passOn(forwarder: Forwarder, request: Request, address: string | undefined): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const target = forwarder.targetOf(request.method, pathname + search)
  if (!target) return Response.json({ success: false, code: 'not_found', message: 'There is nothing here.' }, { status: 404 })
  const { status, headers, body } = await forwarder.pass(target, {
    headers: Object.fromEntries(request.headers),
    address,
    body: request.body ? Readable.fromWeb(request.body as ReadableStream) : undefined,
  })
  const isEmpty = status === 204 || status === 304 || request.method === 'HEAD'
  if (isEmpty) body.resume()
  return new Response(isEmpty ? null : Readable.toWeb(body), { status, headers })
}
