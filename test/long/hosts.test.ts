import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCairn, type TestCairn } from '../cairn.ts'
import { eventsOf, line, write } from '../examples/example.ts'
import { eventually, freePort, temporaryFolder } from '../server.ts'

/** The guides' code of hosts without a tracker, run by what the machine has of python3, go, php, nginx and caddy; python3 has to be there. */
const run = promisify(execFile)
const sources = resolve(import.meta.dirname, '../../examples/http')
const has = (program: string, args: string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

const python = `
import asyncio, sys
from cairn import Cairn, TrackActivity
cairn = Cairn(sys.argv[1], sys.argv[2])
class Route: path = '/tasks/{task_id}/complete'
async def app(scope, receive, send):
    scope['state'] = {'user': 'ada'}
    scope['route'] = Route
    cairn.track('task_completed', 'ada', entity_type='task', entity_id=7, metadata={'plan': 'pro'})
    await send({'type': 'http.response.start', 'status': 201})
async def send(message): pass
scope = {'type': 'http', 'method': 'POST', 'headers': [(b'x-session', b's-1')]}
asyncio.run(TrackActivity(app, cairn, lambda scope: scope['state'].get('user'))(scope, None, send))
cairn.flush()
`

const go = `package main

import (
	"net/http"
	"net/http/httptest"
	"os"

	"example/cairn"
)

func main() {
	client := cairn.New(os.Args[1], os.Args[2])
	mux := http.NewServeMux()
	mux.HandleFunc("POST /tasks/{task_id}/complete", func(w http.ResponseWriter, r *http.Request) {
		client.Track(cairn.Event{EventType: "task_completed", UserID: "ada", EntityType: "task", EntityID: "7", Metadata: map[string]any{"plan": "pro"}})
		w.WriteHeader(201)
	})
	r := httptest.NewRequest("POST", "/tasks/7/complete", nil)
	r.Header.Set("X-Session", "s-1")
	client.Activity(func(*http.Request) string { return "ada" }, mux).ServeHTTP(httptest.NewRecorder(), r)
	client.Flush()
}
`

/** What is used of Laravel, so that the job and the middleware run as they stand; a job is handled as soon as it is dispatched. */
const laravel = `<?php
namespace Illuminate\\Contracts\\Queue { interface ShouldQueue {} }
namespace Illuminate\\Foundation\\Queue { trait Queueable { static function dispatch(...$a) { (new static(...$a))->handle(); } } }
namespace Illuminate\\Support { class Str { static function uuid() { $h = bin2hex(random_bytes(16)); return substr($h,0,8).'-'.substr($h,8,4).'-4'.substr($h,13,3).'-8'.substr($h,17,3).'-'.substr($h,20); } } }
namespace Illuminate\\Http { class Request { function user() { return (object) ['id' => 'ada']; } function header($n) { return 's-1'; } function method() { return 'POST'; } function route() { return new class { function uri() { return 'tasks/{task}/complete'; } }; } } }
namespace Illuminate\\Support\\Facades {
  class Http {
    public $token;
    static function withToken($token) { $made = new self; $made->token = $token; return $made; }
    function timeout($s) { return $this; }
    function post($url, $event) {
      $body = file_get_contents($url, false, stream_context_create(['http' => ['method' => 'POST', 'ignore_errors' => true, 'content' => json_encode($event), 'header' => ["Authorization: Bearer $this->token", 'Content-Type: application/json']]]));
      return new Answer((int) explode(' ', $http_response_header[0])[1], $body);
    }
  }
  class Answer { function __construct(public $status, public $body) {} function status() { return $this->status; } function failed() { return $this->status >= 400; } function body() { return $this->body; } }
}
namespace {
  define('LARAVEL_START', microtime(true) - 0.012);
  function config($name) { global $argv; return $argv[$name === 'services.cairn.url' ? 1 : 2]; }
  function now() { return new class { function toIso8601String() { return date('c'); } }; }
  function logger() { return new class { function warning($m) { fwrite(STDERR, $m); } }; }
  require 'SendToCairn.php';
  require 'TrackActivity.php';
  App\\Jobs\\SendToCairn::dispatch('task_completed', 'ada', ['entity_type' => 'task', 'entity_id' => 7, 'metadata' => ['plan' => 'pro']]);
  (new App\\Http\\Middleware\\TrackActivity)->terminate(new Illuminate\\Http\\Request, new class { function getStatusCode() { return 201; } });
}
`

interface Language {
  name: string
  files: string[]
  add: Record<string, string>
  command: string[]
  /** As the language's framework names it. */
  route: string
}

const languages = (
  [
    { name: 'python3', files: ['cairn.py'], add: { 'main.py': python }, command: ['python3', 'main.py'], route: '/tasks/{task_id}/complete' },
    {
      name: 'php',
      files: ['SendToCairn.php', 'TrackActivity.php'],
      add: { 'main.php': laravel },
      command: ['php', 'main.php'],
      route: 'tasks/{task}/complete',
    },
    {
      name: 'go',
      files: ['cairn.go'],
      add: { 'main.go': go, 'go.mod': 'module example\n\ngo 1.23\n' },
      command: ['go', 'run', '.'],
      route: 'POST /tasks/{task_id}/complete',
    },
  ] as Language[]
).filter(({ name }) => name === 'python3' || has('bash', ['-c', { go: "go version | grep -qE 'go1[.](2[3-9]|[3-9][0-9])'", php: 'php -v' }[name] ?? '']))

test.each(languages)('$name sends what happened, and the request', async ({ files, add, command: [program = '', ...args], route }) => {
  const workspace = await cairn.workspace()
  const folder = temporaryFolder()
  try {
    for (const file of files) cpSync(join(sources, file), join(folder.path, file === 'cairn.go' ? 'cairn/cairn.go' : file))
    write(folder.path, add)
    const { stdout, stderr } = await run(program, [...args, cairn.url, workspace.writeKey], { cwd: folder.path, timeout: 120_000 })
    expect([stdout, stderr]).toEqual(['', ''])
  } finally {
    folder.remove()
  }
  const events = await eventsOf(workspace, ['task_completed', 'request_completed'])
  expect(events.map(line).sort()).toEqual(['request_completed by ada', 'task_completed task/7 by ada'])
  expect(events.find(({ event_type }) => event_type === 'request_completed')).toMatchObject({
    device_type: 'server',
    session_id: 's-1',
    duration_ms: expect.any(Number),
    event_metadata: { method: 'POST', route, status: 201 },
  })
})

test('python3 understands the module for FastAPI', async () => {
  await run('python3', ['-c', 'import ast, sys; ast.parse(open(sys.argv[1]).read())', join(sources, 'main.py')])
})

describe('a proxy passes the scripts and what pages send, and nothing else', () => {
  const proxies = [
    {
      name: 'nginx',
      conf: (port: number, text: string, folder: string) =>
        `pid ${folder}/pid; daemon off; error_log stderr; events {} http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; server { listen 127.0.0.1:${port}; ${text} } }`,
      args: (conf: string) => ['-c', conf],
      file: 'nginx.conf',
      version: '-v',
    },
    {
      name: 'caddy',
      conf: (port: number, text: string) => `{\n\tadmin off\n}\nhttp://127.0.0.1:${port} {\n${text}\n}\n`,
      args: (conf: string) => ['run', '--adapter', 'caddyfile', '--config', conf],
      file: 'Caddyfile',
      version: 'version',
    },
  ].filter(({ name, version }) => has(name, [version]))
  if (proxies.length === 0) test('neither nginx nor caddy is on this machine', () => expect(proxies).toEqual([]))

  test.each(proxies)('$name', async ({ name, conf, args, file }) => {
    const workspace = await cairn.workspace()
    const folder = temporaryFolder()
    const port = await freePort()
    const text = readFileSync(join(sources, file), 'utf8').replaceAll('127.0.0.1:4300', new URL(cairn.url).host)
    write(folder.path, { conf: conf(port, text, folder.path) })
    const child = spawn(name, args(join(folder.path, 'conf')), { stdio: 'ignore', env: { ...process.env, HOME: folder.path } })
    const ended = once(child, 'exit')
    const at = `http://127.0.0.1:${port}`
    try {
      const script = await eventually(
        () => fetch(`${at}/hello/cairn.mjs`),
        ({ status }) => status === 200,
      )
      const chunk = /cairn\/chunks\/[\w-]+\.js/.exec(await script.text())?.[0]
      expect((await fetch(`${at}/hello/${chunk}`)).status).toBe(200)
      const answer = await fetch(`${at}/hello/api/events/log/batch`, {
        method: 'POST',
        headers: { 'Content-Type': 'text/plain', Cookie: 'session=1', Authorization: 'Bearer of-the-host' },
        body: JSON.stringify({ write_key: workspace.writeKey, events: [{ event_type: 'page_viewed', anonymous_id: 'v-1' }] }),
      })
      expect(await answer.json()).toMatchObject({ success: true, accepted: 1 })
      for (const path of ['/hello/api/events/', '/hello/', '/hello/api/account', '/hello/api/events/log/x'])
        expect(
          await fetch(at + path).then(async (other) => [other.headers.get('content-type')?.includes('json'), (await other.text()).includes('success')]),
        ).not.toEqual([true, true])
    } finally {
      child.kill('SIGTERM')
      await ended
      folder.remove()
    }
  })
})
