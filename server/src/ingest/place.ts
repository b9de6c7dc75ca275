import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { Reader, type CountryResponse } from 'mmdb-lib'
import { ConfigError } from '../base/config.ts'

/** Countries of addresses, where a MaxMind database is configured. The address is looked up and forgotten. */
export interface Places {
  /** ISO 3166-1 code in upper case; '' for unknown, private and invalid addresses, and without a database. */
  country(ip: string): string
}

/**
 * Reads the database into memory (a country file is about 10 MB, a city file 60 MB); a new one is taken at the next start.
 * Throws ConfigError where the file cannot be read, is no MaxMind database or tells nothing about countries.
 */
export function openPlaces(file?: string): Places {
  if (file === undefined || file === '') return { country: () => '' }
  const reader = open(file)
  const onlyIPv4 = reader.metadata.ipVersion === 4
  return {
    country(ip) {
      const version = isIP(ip)
      if (version === 0 || (version === 6 && onlyIPv4)) return ''
      try {
        return codeOf(reader.get(ip))
      } catch {
        // A damaged record must not refuse events: the country is only missing.
        return ''
      }
    },
  }
}

/** Beside MaxMind's own shape, the flat one of IPinfo's free database. */
type Record = Partial<CountryResponse> & { country_code?: unknown }

function open(file: string): Reader<CountryResponse> {
  const wrong = (text: string, cause?: unknown): ConfigError => new ConfigError(`CAIRN_GEOIP_FILE (is "${file}") ${text}`, { cause })
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw wrong('cannot be read: give the path of a file this process may read', error)
  }
  let reader: Reader<CountryResponse>
  try {
    reader = new Reader<CountryResponse>(bytes, { cache: decoded() })
  } catch (error) {
    throw wrong('is no MaxMind database: give a country or city file ending in .mmdb', error)
  }
  const kind = reader.metadata.databaseType
  if (/asn|isp|domain|anonymous|connection/i.test(kind) && !/country|city/i.test(kind)) {
    throw wrong(`is a ${kind} database and knows no countries: give a country or city file`)
  }
  return reader
}

/** Decoded records by their place in the file, never by address. A country file has a few hundred; a city file a million, hence the bound. */
function decoded(): { get(key: string | number): unknown; set(key: string | number, value: unknown): void } {
  const records = new Map<string | number, unknown>()
  return {
    get: (key) => records.get(key),
    set(key, value) {
      if (records.size >= 4_096) records.clear()
      records.set(key, value)
    },
  }
}

function codeOf(record: Record | null): string {
  const code: unknown = record?.country?.iso_code ?? record?.country_code ?? record?.country ?? record?.registered_country?.iso_code
  return typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? code : ''
}
