import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * The collecting routes are open to any origin: the write key says who may add data. The origin is echoed, since `*` does not go with the
 * credentials that some clients send, and Retry-After is exposed, without which a page cannot read it.
 */
export async function openToOrigins(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { origin } = request.headers
  if (origin === undefined) return
  void reply
    .header('Access-Control-Allow-Origin', origin)
    .header('Access-Control-Allow-Credentials', 'true')
    .header('Access-Control-Expose-Headers', 'Retry-After, X-Cairn-Position')
    .header('Vary', 'Origin')
}

/** A day, so that a page does not ask before every batch; Chromium takes at most two hours. */
const MAX_AGE_SECONDS = '86400'

export async function answerPreflight(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  await openToOrigins(request, reply)
  const asked = request.headers['access-control-request-headers']
  void reply
    .header('Access-Control-Allow-Methods', 'POST, OPTIONS')
    .header(
      'Access-Control-Allow-Headers',
      typeof asked === 'string' && asked.length < 1_000 ? asked : 'authorization, content-type, content-encoding, idempotency-key',
    )
    .header('Access-Control-Max-Age', MAX_AGE_SECONDS)
    .code(204)
  await reply.send()
}
