import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, readdirSync, readlinkSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A lock between processes that a dead process does not hold.
 *
 * On disk: one file with the holder's id, process, start time (a process id alone may have been given away again) and, while
 * it works, its child. It appears complete or not at all, because it is linked into place. A holder that was killed is
 * replaced at once; its child, which may still be working, is ended first. Only one process can replace a given holder: it
 * must first link `<lock>.<id of the dead>`, and then find that holder still in place.
 * A holder in another container or on another machine cannot be looked up; it counts as dead when its file was not touched
 * for 30 s, and a living one touches it every 5 s.
 */
const heartbeatMs = 5_000
const foreignDeadMs = 30_000

/**
 * Runs `work({ child })` while holding the lock at `path`; `child(pid)` notes a process (a group's leader) to be ended should
 * this one be killed. `onWait(pid)` is called once if another process holds it.
 */
export async function withLock(path, onWait, work) {
  mkdirSync(dirname(path), { recursive: true })
  const me = { id: randomUUID(), pid: process.pid, started: startOf(process.pid), place: place() }
  let told = false
  for (;;) {
    const holder = await take(path, me)
    if (holder === undefined) break
    if (!told) onWait(holder.pid)
    told = true
    await sleep(200)
  }
  const heartbeat = setInterval(() => touch(path), heartbeatMs)
  heartbeat.unref()
  const release = () => {
    if (read(path)?.id === me.id) rmSync(path, { force: true })
  }
  process.once('exit', release)
  try {
    return await work({ child: (pid) => replace(path, { ...me, child: { pid, started: startOf(pid) } }) })
  } finally {
    clearInterval(heartbeat)
    process.removeListener('exit', release)
    release()
  }
}

/** undefined when the lock is ours, otherwise who holds it. */
async function take(path, me) {
  const mine = `${path}.${me.id}.new`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(mine, JSON.stringify(me))
    if (link(mine, path)) {
      sweep(path)
      return undefined
    }
    const dead = read(path)
    if (dead === undefined) return me
    let claimed = dead
    // A claimant may die too; its claim is then claimed in the same way.
    for (;;) {
      if (living(claimed)) return claimed
      const claim = `${path}.${claimed.id}`
      if (link(mine, claim)) {
        if (read(path)?.id !== dead.id) {
          rmSync(claim, { force: true })
          return me
        }
        await endChild(dead)
        renameSync(mine, path)
        sweep(path)
        return undefined
      }
      const other = read(claim)
      if (other === undefined) return me
      claimed = other
    }
  } catch (error) {
    // Swept by the process that just took the lock: look again.
    if (error.code === 'ENOENT') return me
    throw error
  } finally {
    rmSync(mine, { force: true })
  }
}

/** What dead processes left beside the lock. A living one whose file goes with it starts again. */
function sweep(path) {
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(`${basename(path)}.`)) rmSync(join(dirname(path), name), { force: true })
  }
}

/** By SIGKILL: what it was doing will be done again from the beginning, and npm takes seconds over a SIGTERM. */
async function endChild({ child, place: where }) {
  if (child?.started === undefined || where !== place()) return
  for (let waited = 0; startOf(child.pid) === child.started && waited < 5_000; waited += 20) {
    kill(-child.pid, 'SIGKILL')
    await sleep(20)
  }
}

function living({ pid, started, place: where, touched }) {
  if (where === place()) return started !== undefined && startOf(pid) === started
  return Date.now() - touched < foreignDeadMs
}

function read(path) {
  try {
    const touched = statSync(path).mtimeMs
    try {
      return { ...JSON.parse(readFileSync(path, 'utf8')), touched }
    } catch (error) {
      if (error.code === 'ENOENT') return undefined
      // Never written like this by us: a power cut. Nobody in it can be alive.
      return { id: `unreadable-${touched}`, touched: 0 }
    }
  } catch {
    return undefined
  }
}

function replace(path, record) {
  const next = `${path}.${record.id}.new`
  writeFileSync(next, JSON.stringify(record))
  renameSync(next, path)
}

function link(from, to) {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function touch(path) {
  try {
    utimesSync(path, new Date(), new Date())
  } catch {
    // The folder was deleted under us; the work itself will say so.
  }
}

function kill(pid, signal) {
  try {
    process.kill(pid, signal)
  } catch {
    // Already gone.
  }
}

/** When a process was started, in the system's own terms; undefined where it does not run (a zombie does not). */
function startOf(pid) {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } }).trim()
  } catch {
    return undefined
  }
}

/** Where process ids mean the same: one boot of one machine, one pid namespace of it. */
function place() {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}
