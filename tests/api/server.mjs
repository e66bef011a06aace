// server.mjs - starts `spillway serve` for one test file and talks to it below and above HTTP.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';

// For anything that should happen soon: a hang becomes a failure.  Slow builds (ThreadSanitizer) set a longer one.
const DEADLINE_MS = Number(process.env.SPILLWAY_TEST_DEADLINE_MS ?? 30_000);

export async function until(question, what) {
  const end = Date.now() + DEADLINE_MS;
  while (Date.now() < end) {
    const answer = await question();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`timed out: ${what}`);
}

export class Server {
  // Starts the server on a free port and waits until it is ready (unless `ready` is false).
  static async start(args, { ready = true } = {}) {
    const server = new Server();
    server.process = spawn(process.env.SPILLWAY, ['serve', ...args, '--bind', '127.0.0.1:0']);
    server.stdout = '';
    server.stderr = '';
    server.process.stdout.on('data', (data) => (server.stdout += data));
    server.process.stderr.on('data', (data) => (server.stderr += data));
    server.exited = new Promise((resolve) => server.process.on('exit', (code, signal) => resolve({ code, signal })));
    await until(() => server.stdout.includes('\n') || server.process.exitCode !== null || server.process.signalCode !== null,
                'the URL line');
    server.url = server.stdout.split('\n')[0];
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/, server.stderr);
    server.port = Number(new URL(server.url).port);
    if (ready) await until(async () => (await fetch(`${server.url}/health`)).ok, 'the model to be loaded');
    return server;
  }

  // Ends the server as Ctrl-C does; whatever the tests did to it, it must leave cleanly.
  async stop() {
    this.process.kill('SIGTERM');
    const { code, signal } = await this.exited;
    assert.equal(signal, null, this.stderr);
    assert.equal(code, 0, this.stderr);
  }

  async health() {
    return (await fetch(`${this.url}/health`)).json();
  }

  async untilIdle() {
    await until(async () => (await this.health()).slots_processing === 0, 'all slots to be idle');
  }

  chat(body, options = {}) {
    return fetch(`${this.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body), ...options });
  }

  connect() {
    return new Raw(net.connect(this.port, '127.0.0.1'));
  }

  // Sends bytes on a connection of their own; everything that came back until the server closed it.
  async exchange(bytes) {
    const raw = this.connect();
    raw.send(bytes);
    await raw.closed;
    return raw.text;
  }
}

// A socket whose bytes are looked at.
class Raw {
  constructor(socket) {
    this.socket = socket;
    this.text = '';
    socket.on('data', (data) => (this.text += data.toString('latin1')));
    socket.on('error', () => {}); // a reset is one of the answers that tests expect
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  send(bytes) {
    this.socket.write(bytes);
  }

  receive(pattern) {
    return until(() => this.text.match(pattern), `${pattern} in what was received: ${this.text.slice(-300)}`);
  }

  close() {
    this.socket.destroy();
  }
}

export function post(body, headers = '') {
  return (
    `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n${headers}` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

export const HELLO = [{ role: 'user', content: 'Tell me about rivers.' }];
