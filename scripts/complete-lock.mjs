// Adds what npm leaves out of package-lock.json: optional packages of platforms that the registry in use does not offer. Without their
// entries `npm ci` of npm 11 refuses the lock as incomplete. They are taken from what their parents name, at exact versions, and carry no
// checksum. `node scripts/complete-lock.mjs package-lock.json` after every change of dependencies.
import { readFileSync, writeFileSync } from 'node:fs'
const file = process.argv[2]
const lock = JSON.parse(readFileSync(file, 'utf8'))
let added = 0
for (const [path, p] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(p.optionalDependencies ?? {})) {
    if (path === '' || lock.packages[`node_modules/${name}`] || lock.packages[`${path}/node_modules/${name}`]) continue
    if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(version)) throw new Error(name + version)
    const t = name.split('/')[1].replace(/^(binding|lib)-/, '')
    const m = /^(android|darwin|freebsd|linux|openharmony|win32)-(x64|arm64|arm|ia32|ppc64|riscv64|s390x)(?:-(.*))?$/.exec(t)
    if (!m) throw new Error(name)
    const [, os, cpu, abi = ''] = m
    const e = {
      version,
      cpu: [cpu],
      ...(p.dev ? { dev: true } : {}),
      ...(os === 'linux' && cpu !== 'arm' && /gnu|musl/.test(abi) ? { libc: [/musl/.test(abi) ? 'musl' : 'glibc'] } : {}),
      optional: true,
      os: [os],
    }
    lock.packages[`node_modules/${name}`] = e
    added++
  }
}
const root = lock.packages['']
delete lock.packages['']
lock.packages = { '': root, ...Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'))) }
writeFileSync(file, JSON.stringify(lock, null, 2) + '\n')
console.log(`${added} entries added`)
