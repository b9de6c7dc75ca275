import { Socket } from 'node:net'

/**
 * Preloaded into what a launcher runs: when the launcher is gone, even by SIGKILL, its end of the pipe at descriptor 3 closes
 * and this process is asked to end as by SIGTERM. Processes further down inherit the flag but not the variable, and do nothing.
 */
const launcher = process.env.LAUNCHER_TETHER
delete process.env.LAUNCHER_TETHER
if (launcher === String(process.ppid)) {
  const pipe = new Socket({ fd: 3, readable: true, writable: false })
  pipe.on('error', () => {})
  pipe.on('close', () => process.kill(process.pid, 'SIGTERM'))
  pipe.resume()
  pipe.unref()
} else if (launcher !== undefined) {
  // Under --watch a watcher stands between, which preloads nothing and hands no descriptor on; it ends with us.
  setInterval(() => {
    try {
      process.kill(Number(launcher), 0)
    } catch {
      process.kill(process.ppid, 'SIGTERM')
    }
  }, 1000).unref()
}
