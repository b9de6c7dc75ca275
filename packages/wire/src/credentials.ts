/** Of an address that mail can be sent to: `ada@localhost` is none. Apart from the schemas, so that a page can check without carrying them. */
export const EMAIL = "^[A-Za-z0-9_'+-]+(?:\\.[A-Za-z0-9_'+-]+)*@(?:[A-Za-z0-9][A-Za-z0-9-]*\\.)+[A-Za-z]{2,}$"
/** No rules on its characters: length is what makes a password hard to guess (NIST SP 800-63B). */
export const MIN_PASSWORD = 10
export const MAX_PASSWORD = 128
