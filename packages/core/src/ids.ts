let random = ''
let made = 0

/**
 * UUID version 7 (RFC 9562): time first, so that ids sort as they were made; then twelve random digits of this process or page, then a counter.
 * `now` in whole milliseconds since 1970. Needs no secure context, as `crypto.randomUUID` does.
 */
export const uuidv7 = (now: number): string => {
  random ||= crypto
    .getRandomValues(new Uint32Array(3))
    .join('')
    .slice(-12)
    .replace(/(...)(...)/, '-7$1-8$2-')
  const time = now.toString(16).padStart(12, '0').replace(/.{8}/, '$&-')
  return time + random + `${made++ % 1e6}`.padStart(6, '0')
}
