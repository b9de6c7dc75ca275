let random = ''
let made = 0

/**
 * UUID version 7 (RFC 9562): time first, so that ids sort as they were made; then twelve random digits of this process or page, then a counter.
 * `now` in whole milliseconds since 1970. Needs no secure context, as `crypto.randomUUID` does.
 */
export const uuidv7 = (now: number): string => {
  random ||= crypto.getRandomValues(new Uint32Array(3)).join('').slice(-12)
  const counter = `${made++ % 1e6}`.padStart(6, '0')
  return `${now.toString(16).padStart(12, '0')}7${random}${counter}`.replace(/(.{8})(.{4})(.{4})(.{3})/, '$1-$2-$3-8$4-')
}
