import type { FastifyReply, FastifyRequest } from 'fastify'

/** What browsers are told with every answer: pages, their parts, answers of the API, errors. A route that needs another says so before. */
export const securityHeaders = (publicUrl: string | undefined): Readonly<Record<string, string>> => ({
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  // An answer that is no page loads nothing and stands in nobody's frame, should a browser be made to show it.
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()',
  'Cache-Control': 'no-store',
  // Two years, as browsers' own lists ask; subdomains are the owner's to decide.
  ...(publicUrl?.startsWith('https:') === true ? { 'Strict-Transport-Security': 'max-age=63072000' } : {}),
})

export const setMissing = (reply: FastifyReply, headers: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(headers)) if (!reply.hasHeader(name)) void reply.header(name, value)
}

/**
 * The collecting routes are open to any origin: the write key says who may add data. The origin is echoed, since `*` does not go with the
 * credentials that some clients send, and Retry-After is exposed, without which a page cannot read it.
 */
export async function openToOrigins(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { origin } = request.headers
  void reply.header('Cross-Origin-Resource-Policy', 'cross-origin')
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
