import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { execFileSync } from 'node:child_process'

/**
 * What the machine must be for Cairn to run at all, found out before anything is downloaded. Each check costs a few
 * milliseconds at most, since every start makes them.
 */

/** The first reason why this machine cannot run Cairn, with what to do about it; undefined where it can. */
export function machineProblem() {
  const { platform, arch, versions } = process
  if (platform === 'win32') return 'Cairn does not run on Windows itself. Run it in WSL 2 (wsl --install) or in a Linux container.'
  if (platform !== 'linux' && platform !== 'darwin') return `Cairn runs on Linux and macOS; this is ${platform}.`
  if (arch !== 'x64' && arch !== 'arm64') return `Cairn runs on x64 and arm64 processors; this Node is built for ${arch}.`
  if (major(versions.node) < 20) return `Cairn's commands need Node 20 or newer; this is ${versions.node}. Install a newer one from https://nodejs.org.`
  if (platform === 'linux') {
    const libc = glibcVersion()
    if (libc === undefined) {
      return "Cairn's event engine needs glibc; this Linux (Alpine?) has musl. Use Debian, Ubuntu, Fedora or another glibc system, for example the image node:24-slim."
    }
    if (older(libc, '2.28')) return `Cairn needs glibc 2.28 or newer (Debian 10, Ubuntu 20.04, RHEL 8); this system has ${libc}.`
  }
  if (arch === 'x64' && !hasAvx2(platform)) {
    return "Cairn's event engine needs a processor with AVX2 (Intel since 2013, AMD since 2015); this one has none. In a virtual machine, pass the host's CPU through (QEMU: -cpu host)."
  }
  return undefined
}

export const major = (version) => Number.parseInt(version, 10)

/** undefined on musl: the report names glibc only where Node runs on it. */
function glibcVersion() {
  // Otherwise the report looks up names for every network interface, which may take seconds.
  process.report.excludeNetwork = true
  const report = process.report.getReport()
  return (typeof report === 'string' ? JSON.parse(report) : report).header.glibcVersionRuntime
}

const older = (version, than) => {
  const [a = 0, b = 0] = version.split('.').map(Number)
  const [c = 0, d = 0] = than.split('.').map(Number)
  return a < c || (a === c && b < d)
}

/** True as well where the machine does not say: a needless refusal is worse than the engine's own failure. */
function hasAvx2(platform) {
  if (platform === 'darwin') {
    try {
      return execFileSync('sysctl', ['-n', 'machdep.cpu.leaf7_features'], { encoding: 'utf8' }).includes('AVX2')
    } catch {
      return true
    }
  }
  if (!existsSync('/proc/cpuinfo')) return true
  // One processor's entry is enough; the whole file is slow to produce on machines with many.
  const head = Buffer.alloc(8192)
  const file = openSync('/proc/cpuinfo', 'r')
  const length = readSync(file, head, 0, head.length, 0)
  closeSync(file)
  const flags = /^flags\s*:.*$/m.exec(head.toString('latin1', 0, length))?.[0]
  return flags === undefined || /\bavx2\b/.test(flags)
}
