// Bytes on sockets: what no well-behaved client sends, and what HTTP allows but few clients use.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { HELLO, Server, post, until } from './server.mjs';

const BODY_LIMIT = 16777216;
const HEADER_LIMIT = 16384;

const get = (url, headers = '') => `GET ${url} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
const chunked = (body) => 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n' +
                          `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const SHORT_CHAT = JSON.stringify({ messages: HELLO, max_tokens: 2, seed: 1 });

describe('a server', () => {
  let server;
  before(async () => (server = await Server.start(['stub:', '--body-timeout', '0.5', '--slow-client-timeout', '0.5',
                                              '--ctx-size', '400000'])));
  after(() => server.stop());

  // The status and error of one request; the connection may stay open afterwards.
  async function answer(bytes) {
    const raw = server.connect();
    raw.send(bytes);
    const [, status, head, body] = await raw.receive(/^HTTP\/1\.[01] (\d+)([^]*?)\r\n\r\n(\{[^]*\})\s*$/);
    raw.close();
    const { error } = JSON.parse(body);
    assert.deepEqual(Object.keys(error).slice(0, 4), ['message', 'type', 'param', 'code']);
    return { status: Number(status), head, code: error.code, message: error.message, error };
  }

  const refuses = (name, bytes, status, code) =>
    test(`answers ${status} to ${name}`, async () => {
      const a = await answer(bytes);
      assert.deepEqual([a.status, a.code], [status, code]);
    });

  refuses('a body that is not JSON', post('{"messages":'), 400, 'invalid_json');
  refuses('an empty body', post(''), 400, 'invalid_json');
  refuses('a body that is no object', post('[1]'), 400, 'invalid_type');
  refuses('half a surrogate pair', post('{"model":"\\ud800"}'), 400, 'invalid_json');
  refuses('a length that is not a number', get('/health', 'Content-Length: five\r\n'), 400, 'invalid_header');
  refuses('a negative length', get('/health', 'Content-Length: -5\r\n'), 400, 'invalid_header');
  refuses('two lengths', get('/health', 'Content-Length: 5\r\nContent-Length: 6\r\n'), 400, 'invalid_header');
  refuses('a POST without length', 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n\r\n', 411,
          'length_required');
  refuses('a chunked body that is not JSON', chunked('hello'), 400, 'invalid_json');
  refuses('a chunk whose length is wrong', chunked(SHORT_CHAT).replace(/\r\n0\r\n\r\n$/, 'x\r\n0\r\n\r\n'), 400, 'invalid_header');
  refuses('a body with two lengths', chunked(SHORT_CHAT).replace('Host', 'Content-Length: 5\r\nHost'), 400, 'invalid_header');
  refuses('an unknown URL', get('/v2/chat'), 404, 'unknown_url');
  refuses('an unknown URL with a body', post('{}').replace('/v1/chat', '/v1/chit'), 404, 'unknown_url');
  refuses('a POST to a list', post('{}').replace('/v1/chat/completions', '/v1/models'), 405, 'method_not_allowed');
  refuses('HTTP/1.1 without Host', 'GET /health HTTP/1.1\r\n\r\n', 400, 'invalid_header');
  refuses('a foreign Host', 'GET /health HTTP/1.1\r\nHost: evil.example:80\r\n\r\n', 403, 'forbidden');
  refuses('a Host that begins like a loopback address', 'GET /health HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n',
          403, 'forbidden');
  refuses('a foreign Origin', post(SHORT_CHAT, 'Origin: https://evil.example\r\n'), 403, 'forbidden');
  refuses('an opaque Origin', post(SHORT_CHAT, 'Origin: null\r\n'), 403, 'forbidden');
  refuses('a body that does not arrive', post(SHORT_CHAT).slice(0, -5), 408, 'request_timeout');

  test('names the allowed methods in a 405', async () => {
    assert.match((await answer(get('/v1/chat/completions'))).head, /\r\nallow: POST, OPTIONS\r\n/);
    assert.match((await answer(`DELETE ${get('/v1/models').slice(4)}`)).head, /\r\nallow: GET, HEAD, OPTIONS\r\n/);
  });

  test('reads a body of the largest size, and answers 413 to one more byte', async () => {
    const fits = SHORT_CHAT.padEnd(BODY_LIMIT, ' ');
    const ok = server.connect();
    ok.send(post(fits));
    await ok.receive(/^HTTP\/1\.1 200 /);
    ok.close();
    assert.deepEqual((({ status, code }) => [status, code])(await answer(post(`${fits} `))), [413, 'request_too_large']);
  });

  test('tells a client 413 even while it still sends', async () => {
    const raw = server.connect();
    raw.send(post(' '.repeat(4 * BODY_LIMIT)));
    await raw.receive(/^HTTP\/1\.1 413 /);
    await raw.closed;
  });

  test('serves a head of the largest size, and answers 431 to a larger one', async () => {
    // Every byte counts, from the request line to the empty line.
    const filled = (n) => get('/health', `X-Unknown: ${'x'.repeat(n)}\r\n`);
    const fits = filled(HEADER_LIMIT - filled(0).length);
    const ok = server.connect();
    ok.send(fits);
    await ok.receive(/^HTTP\/1\.1 200 /);
    ok.close();
    const a = await answer(fits.replace('xxx', 'xxxx'));
    assert.deepEqual([a.status, a.code], [431, 'header_too_large']);
  });

  test('answers 431 to a head of any size', async () => {
    assert.match(await server.exchange(get('/health', `X-Unknown: ${'x'.repeat(200_000)}\r\n`)), /^HTTP\/1\.1 431 /);
  });

  test('reads a chunked request', async () => {
    const raw = server.connect();
    raw.send(chunked(SHORT_CHAT));
    await raw.receive(/^HTTP\/1\.1 200 [^]*"finish_reason":"length"/);
    raw.close();
  });

  test('bounds the depth of JSON', async () => {
    const nested = (n) => post(`{"messages":[{"role":"user","content":"x"}],"max_tokens":1,"deep":` +
                               `${'['.repeat(n - 1)}${']'.repeat(n - 1)}}`);
    const ok = server.connect();
    ok.send(nested(64));
    await ok.receive(/^HTTP\/1\.1 200 /);
    ok.close();
    const a = await answer(nested(65));
    assert.deepEqual([a.status, a.code], [400, 'invalid_json']);
  });

  test('answers pages of this machine with CORS headers, and their preflights', async () => {
    const origin = { origin: 'http://localhost:3000' };
    const list = await fetch(`${server.url}/v1/models`, { headers: origin });
    assert.equal(list.headers.get('access-control-allow-origin'), origin.origin);
    const preflight = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'OPTIONS', headers: { ...origin, 'access-control-request-headers': 'content-type, x-stainless-os' },
    });
    assert.equal(preflight.status, 200);
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'GET, POST, DELETE, OPTIONS');
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'content-type, x-stainless-os');
    assert.equal(preflight.headers.get('access-control-max-age'), '86400');
  });

  test('returns the request id of the client, or one of its own', async () => {
    const id = async (headers) => (await fetch(`${server.url}/health`, { headers })).headers.get('x-request-id');
    assert.equal(await id({ 'x-request-id': 'mine-1' }), 'mine-1');
    assert.match(await id({ 'x-request-id': 'not visible' }), /^req-[0-9a-f]{16}$/);
    assert.match(await id({ 'x-request-id': 'x'.repeat(129) }), /^req-[0-9a-f]{16}$/);
  });

  test('has the events, headers and end of a stream on the wire', async () => {
    const response = await server.chat({ messages: HELLO, max_tokens: 3, stream: true });
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    assert.equal(response.headers.get('x-accel-buffering'), 'no');
    assert.equal(response.headers.get('content-length'), null);
    const events = (await response.text()).split('\n\n');
    assert.equal(events[0], ': keep-alive');
    assert.deepEqual(events.slice(-2), ['data: [DONE]', '']);
    assert.ok(events.slice(1, -1).every((event) => /^data: \S[^\n]*$/.test(event)));
  });

  test('reports progress when asked', async () => {
    const messages = [{ role: 'user', content: 'river '.repeat(2000) }];
    const body = await (await server.chat({ messages, max_tokens: 1, stream: true, return_progress: true })).text();
    const progress = [...body.matchAll(/"prompt_progress":(\{.*?\})/g)].map((m) => JSON.parse(m[1]));
    assert.ok(progress.length > 0);
    assert.ok(progress.every((p, i) => i === 0 || p.processed > progress[i - 1].processed));
    assert.equal(progress.at(-1).processed, progress[0].total);
  });

  test('names what it ignores', async () => {
    const response = await server.chat({
      messages: [{ role: 'user', name: 'Ann', content: 'Hi' }], max_tokens: 1, reasoning_effort: 'low', user: 'u1', typo: 1,
    });
    assert.equal(response.headers.get('spillway-ignored'), 'typo, messages.name, reasoning_effort');
    const stream = await server.chat({ messages: HELLO, max_tokens: 1, stream: true, keep_alive: '5m' });
    assert.equal(stream.headers.get('spillway-ignored'), 'keep_alive');
    assert.equal((await server.chat({ messages: HELLO, max_tokens: 1, user: 'u1' })).headers.get('spillway-ignored'), null);
  });

  test('serves several requests on one connection', async () => {
    const raw = server.connect();
    for (let i = 1; i <= 3; i++) {
      raw.send(post(SHORT_CHAT));
      await until(() => raw.text.match(/"finish_reason":"length"/g)?.length === i, `answer ${i}`);
    }
    raw.close();
  });

  test('answers pipelined requests in order', async () => {
    const raw = server.connect();
    const stream = JSON.stringify({ messages: HELLO, max_tokens: 2, stream: true });
    raw.send(post(stream) + get('/health') + get('/v1/models') + get('/nowhere', 'Connection: close\r\n'));
    await raw.closed;
    const marks = ['[DONE]', '"service":"spillway"', '"object":"list"', 'unknown_url'];
    const places = marks.map((mark) => raw.text.indexOf(mark));
    assert.ok(places.every((at, i) => at > (places[i - 1] ?? 0)), `${places}: ${raw.text}`);
    assert.equal(raw.text.match(/HTTP\/1\.1 \d+ /g).length, marks.length);
  });

  test('keeps a connection in order after an answer larger than its buffers', async () => {
    const long = JSON.stringify({ messages: HELLO, ignore_eos: true, max_tokens: 50000, seed: 1 });
    const calm = server.connect(), eager = server.connect();
    for (const raw of [calm, eager]) {
      raw.socket.pause();
      raw.send(post(long));
    }
    await until(async () => (await server.health()).slots_processing === 2, 'the generations to begin');
    await server.untilIdle();
    eager.send(post(SHORT_CHAT, 'Connection: close\r\n')); // before the answer, which fills its buffers, was read
    for (const raw of [calm, eager]) raw.socket.resume();
    await eager.closed;
    assert.match(eager.text, /^HTTP\/1\.1 200 [^]*"backend":"stub"\}\}(HTTP\/1\.1 (200|400) |$)/);
    await calm.receive(/"backend":"stub"\}\}$/);
    calm.send(post(SHORT_CHAT, 'Connection: close\r\n'));
    await calm.closed;
    assert.deepEqual(calm.text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200']);
  });

  test('answers a request with a body that comes before the answer to the previous one', async () => {
    for (const first of [get('/health'), post(SHORT_CHAT)]) {
      const text = await server.exchange(first + post(SHORT_CHAT, 'Connection: close\r\n'));
      assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200']);
    }
    for (const lie of ['Content-Length: -1\r\n', 'Content-Length: 100000\r\n', 'Transfer-Encoding: chunked\r\n']) {
      const text = await server.exchange(get('/health') + get('/health', lie) + 'GET GET GET');
      assert.match(text, /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 4\d\d /);
    }
    assert.equal((await server.health()).status, 'ok');
  });

  test('goes on after a refused request on the same connection', async () => {
    const raw = server.connect();
    raw.send(post(SHORT_CHAT, 'Origin: https://evil.example\r\n'));
    await raw.receive(/^HTTP\/1\.1 403 [^]*"forbidden"/);
    raw.send(post(SHORT_CHAT, 'Connection: close\r\n'));
    await raw.closed;
    assert.deepEqual(raw.text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 403', 'HTTP/1.1 200']);
  });

  test('serves HTTP/1.0, streams included', async () => {
    assert.match(await server.exchange('GET /health HTTP/1.0\r\n\r\n'), /^HTTP\/1\.0 200 [^]*connection: close/);
    const body = JSON.stringify({ messages: HELLO, max_tokens: 2, stream: true });
    const text = await server.exchange(post(body).replace('HTTP/1.1', 'HTTP/1.0'));
    assert.doesNotMatch(text, /transfer-encoding/);
    assert.match(text, /\r\n\r\n: keep-alive\n\ndata: \{[^]*data: \[DONE\]\n\n$/);
  });

  test('answers HEAD without a body', async () => {
    const text = await server.exchange(`HEAD ${get('/v1/models', 'Connection: close\r\n').slice(4)}`);
    assert.match(text, /^HTTP\/1\.1 200 [^]*content-length: [1-9]\d*\r\n\r\n$/);
  });

  test('lets curl go on when it waits for 100 Continue', async () => {
    const raw = server.connect();
    const [head, body] = post(SHORT_CHAT, 'Expect: 100-continue\r\n').split('\r\n\r\n');
    raw.send(`${head}\r\n\r\n`);
    await raw.receive(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    raw.send(body);
    await raw.receive(/HTTP\/1\.1 200 /);
    raw.close();
  });

  test('ignores the wish for another protocol', async () => {
    for (const protocol of ['websocket', 'h2c']) {
      const wish = `Connection: Upgrade\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n` +
                   'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
      const raw = server.connect();
      raw.send(get('/health', wish));
      await raw.receive(/^HTTP\/1\.1 200 /);
      raw.close();
    }
  });

  test('survives what is not HTTP', async () => {
    const junk = ['\0\0\0\0\r\n\r\n', 'CONNECT evil.example:80 HTTP/1.1\r\n\r\n', 'FETCH / HTTP/1.1\r\n\r\n',
                  'GET\r\n\r\n', 'GET /%00 HTTP/1.1\r\n\r\n', 'GET /%zz HTTP/1.1\r\n\r\n',
                  'GET ../../etc/passwd HTTP/1.1\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
                  get('/health', 'A: b\r\n'.repeat(5000)), get('/health', 'Accept: b\r\n'.repeat(500)),
                  get('/health') + get('/health', 'Connection: Upgrade\r\nUpgrade: smoke-signals\r\n')];
    for (const bytes of junk) {
      const raw = server.connect();
      raw.send(bytes);
      raw.socket.end(); // the server sees the end, answers or not, and closes
      await raw.closed;
      assert.doesNotMatch(raw.text, /root:/);
    }
    assert.equal((await server.health()).status, 'ok');
  });

  test('forgets clients that leave at any point of a request', async () => {
    const bytes = post(JSON.stringify({ messages: HELLO, stream: true, ignore_eos: true, max_tokens: 100000 }));
    for (let n = 1; n < bytes.length; n += 13) {
      const raw = server.connect();
      raw.send(bytes.slice(0, n));
      await until(() => raw.socket.readyState === 'open', 'the connection');
      raw.close();
    }
    for (let i = 0; i < 10; i++) {
      const raw = server.connect();
      raw.send(bytes);
      await raw.receive(/data: /);
      raw.close();
    }
    await server.untilIdle();
  });

  test('drops a client that does not read', async () => {
    const raw = server.connect();
    raw.socket.pause();
    raw.send(post(JSON.stringify({ messages: HELLO, stream: true, ignore_eos: true, max_tokens: 390000 })));
    await until(async () => (await server.health()).slots_processing === 1, 'the generation to begin');
    await server.untilIdle();
    raw.socket.resume();
    await raw.closed;
    assert.doesNotMatch(raw.text, /\[DONE\]/);
  });
});

// Requests that people sent to programs like this one, and that HTTP and OpenAI's interface allow.
describe('a server with a demo model', () => {
  const FOLDER = new URL('../data/field/requests/', import.meta.url);
  const ANSWER = '23 + 45 = 68.';
  let server;
  before(async () => (server = await Server.start([new URL('../../models/demo-gpt-oss.gguf', import.meta.url).pathname])));
  after(() => server.stop());

  for (const name of fs.readdirSync(FOLDER)) {
    test(`answers ${name}`, async () => {
      const bytes = fs.readFileSync(new URL(name, FOLDER), 'latin1');
      const text = await server.exchange(name.endsWith('.http') ? bytes : post(bytes, 'Connection: close\r\n'));
      assert.match(text, /^HTTP\/1\.1 200 /);
      if (name === 'top-p-zero.json') assert.equal(JSON.parse(text.split('\r\n\r\n')[1]).choices[0].message.content, ANSWER);
    });
  }
});

describe('the life of a server', () => {
  test('refuses more than it can queue, with 429', async () => {
    const server = await Server.start(['stub:', '--parallel', '1', '--stub-rate', '1']);
    const body = { messages: HELLO, ignore_eos: true, max_tokens: 1000 };
    const aborts = Array.from({ length: 300 }, () => new AbortController());
    const statuses = [];
    const requests = aborts.map(({ signal }) =>
      server.chat(body, { signal }).then((response) => statuses.push([response.status, response.headers.get('retry-after')]),
                                         () => {}));
    await until(() => statuses.length > 0, 'a refusal');
    assert.deepEqual(statuses[0], [429, '1']);
    for (const abort of aborts) abort.abort();
    await Promise.all(requests);
    await server.untilIdle();
    await server.stop();
  });

  test('holds as many connections as the limit says, and closes the one idle longest for one more', async () => {
    const LIMIT = 1024;
    const server = await Server.start(['stub:']);
    const held = [];
    const opens = () => {
      const raw = server.connect();
      raw.send(get('/health/live'));
      return new Promise((resolve) => {
        raw.socket.once('data', () => resolve([raw, true]));
        raw.socket.once('close', () => resolve([raw, false]));
      });
    };
    let nClosed = 0;
    while (held.length < LIMIT + 10) {
      const [raw, answered] = await opens();
      assert.ok(answered, `connection ${held.length}`);
      raw.socket.on('close', () => nClosed++);
      held.push(raw);
    }
    await until(() => nClosed >= 10, 'the oldest to be closed');
    // The connections on which the test asked for health at the start were the oldest.
    assert.ok(nClosed <= 14, `${nClosed} closed`);
    assert.ok(held.slice(0, nClosed).every((raw) => raw.socket.destroyed), 'the oldest');
    for (const raw of held) raw.close();
    await server.stop();
  });

  test('ends streams with an error event when it is stopped', async () => {
    const server = await Server.start(['stub:', '--stub-rate', '20']);
    const response = await server.chat({ messages: HELLO, stream: true, ignore_eos: true, max_tokens: 4000 });
    const reader = response.body.getReader();
    let text = Buffer.from((await reader.read()).value).toString();
    const stopped = server.stop();
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += Buffer.from(part.value);
    await stopped;
    assert.match(text, /\ndata: \{"error":\{.*"code":"shutting_down"\}\}\n\n$/);
    assert.doesNotMatch(text, /\[DONE\]/);
  });

  test('sends comments while nothing else is to be said', async () => {
    const server = await Server.start(['stub:', '--stub-rate', '0.5', '--parallel', '1', '--sse-ping-interval', '0.05']);
    const response = await server.chat({ messages: HELLO, stream: true, max_tokens: 2 });
    const text = await response.text();
    assert.ok(text.match(/^: keep-alive\n\n/gm).length > 3, text);
    await server.stop();
  });

  test('says 503 without a model, and lists files that cannot be loaded', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spillway-'));
    try {
      const empty = await Server.start(['--model-dirs', folder], { ready: false });
      const health = await fetch(`${empty.url}/health`);
      assert.equal(health.status, 503);
      assert.equal((await health.json()).error.code, 'no_model');
      assert.equal((await fetch(`${empty.url}/health/ready`)).status, 503);
      assert.equal((await fetch(`${empty.url}/health/live`)).status, 200);
      assert.match(empty.stderr, /warning: no model was found in '[^']*spillway-[^']*', seen from \/[^\n]*--model-dirs/);
      const chat = await empty.chat({ messages: HELLO });
      assert.deepEqual([chat.status, (await chat.json()).error.code], [503, 'no_model']);
      await empty.stop();
      fs.writeFileSync(path.join(folder, 'broken-a.gguf'), 'not a model');
      fs.writeFileSync(path.join(folder, 'broken-b.gguf'), 'not a model');
      const broken = await Server.start(['--model-dirs', folder], { ready: false });
      const { data } = await (await fetch(`${broken.url}/v1/models`)).json();
      assert.deepEqual(data.map((m) => [m.id, m.status.value]), [['broken-a', 'failed'], ['broken-b', 'failed']]);
      const first = await broken.chat({ messages: HELLO });
      assert.equal(first.status, 500);
      assert.match((await first.json()).error.message, /'broken-a' could not be loaded/);
      assert.equal((await broken.chat({ model: 'broken-a', messages: HELLO })).status, 500);
      await broken.stop();
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  test('answers requests for no model and for unknown ones as it was told', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spillway-'));
    const demo = new URL('../../models/demo-gpt-oss.gguf', import.meta.url).pathname;
    for (const name of ['b', 'c', 'd']) fs.copyFileSync(demo, path.join(folder, `${name}.gguf`));
    fs.writeFileSync(path.join(folder, 'a.gguf'), 'not a model');
    const ask = async (server, model) => {
      const response = await server.chat({ model, messages: HELLO, max_tokens: 1 });
      const { model: name, error } = await response.json();
      return [response.status, name ?? error.message, response.headers.get('spillway-ignored')];
    };
    const plain = await Server.start(['--model-dirs', folder]);
    assert.deepEqual(await ask(plain), [200, 'b', null], 'the first that can be read');
    assert.deepEqual(await ask(plain, 'd'), [200, 'd', null]);
    assert.deepEqual(await ask(plain), [200, 'd', null], 'the loaded one');
    assert.deepEqual(await ask(plain, 'e'), [404, "the model 'e' is not known here; known are a, b, c, d", null]);
    await plain.stop();
    const told = await Server.start(['--model-dirs', folder, '--default-model', 'c', '--any-model-name']);
    assert.deepEqual(await ask(told), [200, 'c', null]);
    assert.deepEqual(await ask(told, 'gpt-4o'), [200, 'c', 'model']);
    await told.stop();
    const single = await Server.start([demo, '--model-dirs', path.join(folder, 'nowhere')]);
    assert.deepEqual(await ask(single, 'gpt-4o'), [200, 'demo-gpt-oss', 'model']);
    await single.stop();
    fs.rmSync(folder, { recursive: true });
  });

  test('counts the loading of a model in the time to the first token', async () => {
    const server = await Server.start(['--model-dirs', new URL('../../models', import.meta.url).pathname]);
    const ask = async () => (await (await server.chat({ model: 'demo-gpt-oss', messages: HELLO, max_tokens: 2 })).json()).timings;
    const cold = await ask();
    assert.ok(cold.load_ms > 0);
    assert.ok(cold.ttft_ms >= cold.load_ms + cold.queue_ms + cold.prompt_ms - 0.01, JSON.stringify(cold));
    const warm = await ask();
    assert.equal(warm.load_ms, 0);
    assert.ok(warm.ttft_ms >= warm.queue_ms + warm.prompt_ms - 0.01, JSON.stringify(warm));
    await server.stop();
  });

  test('lets origins call that it was told of', async () => {
    const server = await Server.start(['stub:', '--allow-origin', 'app://obsidian.md, vscode-webview://*']);
    const ask = (origin) => fetch(`${server.url}/v1/models`, { headers: { origin } });
    for (const origin of ['app://obsidian.md', 'vscode-webview://1a2b', 'http://localhost:3000']) {
      const response = await ask(origin);
      assert.deepEqual([response.status, response.headers.get('access-control-allow-origin')], [200, origin]);
    }
    for (const origin of ['app://obsidian.md.evil.example', 'vscode-webview://', 'https://evil.example', 'tauri://localhost']) {
      const response = await ask(origin);
      assert.equal(response.status, 403, origin);
      assert.match((await response.json()).error.message, /--allow-origin/);
    }
    await server.stop();
  });

  test('answers others while a body of 15 MiB is refused', async () => {
    const server = await Server.start([new URL('../../models/demo-gpt-oss.gguf', import.meta.url).pathname]);
    const refused = await server.chat({ messages: [{ role: 'user', content: ' '.repeat(15 << 20) }] });
    const { error } = await refused.json();
    assert.deepEqual([refused.status, error.code], [400, 'context_length_exceeded']);
    assert.match(error.message, /at least \d+ tokens/, 'by its bytes, without being encoded');
    await server.stop();
  });

  test('keeps places for others when one client asks for too much', async () => {
    const CLIENT_JOBS = 192;
    const server = await Server.start(['stub:', '--parallel', '1', '--stub-rate', '1']);
    const body = { messages: HELLO, ignore_eos: true, max_tokens: 1000, stream: true };
    const abort = new AbortController();
    const held = [];
    for (let i = 0; i < CLIENT_JOBS; i++) held.push(server.chat(body, { signal: abort.signal }));
    for (const response of await Promise.all(held)) assert.equal(response.status, 200);
    const more = await server.chat(body);
    assert.deepEqual([more.status, (await more.json()).error.code], [429, 'queue_full']);
    const other = http.request({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2', method: 'POST',
                                 path: '/v1/chat/completions' });
    other.end(JSON.stringify(body));
    const [accepted] = await once(other, 'response');
    assert.equal(accepted.statusCode, 200, 'another address has places left');
    other.destroy();
    abort.abort();
    await server.untilIdle();
    await server.stop();
  });

  test('exchanges the loaded model when no request uses it', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spillway-'));
    const demo = new URL('../../models/demo-gpt-oss.gguf', import.meta.url);
    for (const name of ['a', 'b']) fs.copyFileSync(demo, path.join(folder, `${name}.gguf`));
    const server = await Server.start(['--model-dirs', folder, '--max-loaded', '1']);
    const ask = (model, more) => server.chat({ model, messages: HELLO, max_tokens: 3, seed: 1, ...more });
    const status = async () => (await (await fetch(`${server.url}/v1/models`)).json()).data.map((m) => m.status.value);
    assert.deepEqual(await status(), ['unloaded', 'unloaded']);
    const first = await (await ask('a')).json();
    assert.deepEqual(await status(), ['loaded', 'unloaded']);
    const second = await (await ask('b.gguf')).json();
    assert.deepEqual(await status(), ['unloaded', 'loaded']);
    assert.equal(second.model, 'b');
    assert.deepEqual(second.choices, first.choices);
    const running = await ask('b', { stream: true, ignore_eos: true, max_tokens: -1 });
    await running.body.getReader().read();
    const refused = await ask('a');
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5']);
    assert.equal((await refused.json()).error.code, 'model_loading');
    await server.stop();
    fs.rmSync(folder, { recursive: true });
  });

  test('has several models loaded, and answers by all of them at once', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spillway-'));
    const demo = new URL('../../models/demo-gpt-oss.gguf', import.meta.url);
    for (const name of ['a', 'b', 'c']) fs.copyFileSync(demo, path.join(folder, `${name}.gguf`));
    const server = await Server.start(['--model-dirs', folder, '--max-loaded', '2']);
    const ask = (model, more) => server.chat({ model, messages: HELLO, max_tokens: 3, seed: 1, ...more });
    const status = async () => (await (await fetch(`${server.url}/v1/models`)).json()).data.map((m) => m.status.value);
    const running = await ask('a', { stream: true, ignore_eos: true, max_tokens: -1 });
    const reader = running.body.getReader();
    await reader.read();
    assert.equal((await (await ask('b')).json()).model, 'b');
    assert.deepEqual(await status(), ['loaded', 'loaded', 'unloaded']);
    assert.equal((await (await ask('c')).json()).model, 'c', 'b makes room');
    assert.deepEqual(await status(), ['loaded', 'unloaded', 'loaded']);
    assert.equal((await reader.read()).done, false, 'a goes on');
    await server.stop();
    fs.rmSync(folder, { recursive: true });
  });

  test('loads and unloads models by name, and finds new ones', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spillway-'));
    const demo = new URL('../../models/demo-gpt-oss.gguf', import.meta.url);
    fs.copyFileSync(demo, path.join(folder, 'a.gguf'));
    const server = await Server.start(['--model-dirs', folder, '--max-loaded', '1', '--any-model-name']);
    const post = (what) => fetch(`${server.url}/api/models/${what}`, { method: 'POST' });
    // curl -X POST sends no length.
    const plain = await server.exchange('POST /api/models/a/load HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    assert.match(plain, /^HTTP\/1\.1 20[02] [^]*{"model":"a","status":"load/);
    const status = async (id) => (await fetch(`${server.url}/api/models/${id}/status`)).json();
    const until = async (id, value) => { while ((await status(id)).status !== value) await new Promise((f) => setTimeout(f, 5)); };
    await until('a', 'loaded'); // the only one that there is
    assert.ok((await status('a')).placement.ram_bytes > 1e6);
    const running = await server.chat({ messages: HELLO, stream: true, ignore_eos: true, max_tokens: -1 });
    const reader = running.body.getReader();
    await reader.read();
    fs.mkdirSync(path.join(folder, 'more'));
    fs.copyFileSync(demo, path.join(folder, 'more', 'b.gguf'));
    assert.equal((await post('b/load')).status, 404);
    const found = await (await post('discover')).json();
    assert.deepEqual([found.discovered, found.added, found.models.map((m) => m.name)], [2, 1, ['a', 'b']]);
    assert.deepEqual([found.models[1].model_type, found.models[1].source], ['gpt-oss', 'discovered']);
    assert.equal((await (await post('discover')).json()).added, 0);
    assert.equal((await reader.read()).done, false, 'a goes on');
    for (const what of ['a/unload', 'b/load']) {
      const busy = await post(what);
      assert.deepEqual([busy.status, (await busy.json()).error.code], [409, 'model_busy']);
    }
    await reader.cancel();
    await server.untilIdle();
    assert.equal((await (await post('a/unload')).json()).status, 'unloaded');
    const loading = await post('b/load');
    assert.deepEqual([loading.status, await loading.json()], [202, { model: 'b', status: 'loading' }]);
    await until('b', 'loaded');
    assert.equal((await status('a')).status, 'unloaded');
    assert.equal((await (await server.chat({ model: 'b', messages: HELLO, max_tokens: 3 })).json()).model, 'b');
    await server.stop();
    fs.rmSync(folder, { recursive: true });
  });

  test('unloads a model that is idle for as long as it is kept', async () => {
    const server = await Server.start(['stub:', '--keep-alive', '0'], { ready: false });
    const status = async () => (await (await fetch(`${server.url}/v1/models/stub`)).json()).status.value;
    const until = async (value) => { while ((await status()) !== value) await new Promise((f) => setTimeout(f, 5)); };
    for (let i = 0; i < 2; i++) {
      assert.equal((await server.chat({ messages: HELLO, max_tokens: 3 })).status, 200);
      await until('unloaded');
    }
    await server.stop();
  });

  test('counts the experts that were chosen', async () => {
    const empty = await Server.start(['stub:']);
    assert.deepEqual((await (await fetch(`${empty.url}/v1/experts`)).json()).layers, []);
    await empty.stop();
    const server = await Server.start([new URL('../../models/demo-gpt-oss.gguf', import.meta.url).pathname]);
    const experts = async () => (await fetch(`${server.url}/v1/experts`)).json();
    const sums = ({ layers }) => layers.map(({ counts }) => counts.reduce((a, b) => a + b));
    const before = await experts();
    assert.deepEqual([before.model, before.n_expert, before.n_expert_used], ['demo-gpt-oss', 16, 4]);
    assert.deepEqual(before.layers.map(({ layer }) => layer), [0, 1, 2, 3]);
    assert.ok(before.layers.every(({ counts }) => counts.length === 16));
    const { usage } = await (await server.chat({ messages: HELLO, max_tokens: 5, temperature: 0, ignore_eos: true })).json();
    await server.untilIdle();
    // The last token of the answer need not be evaluated.
    const tokens = sums(await experts()).map((sum, i) => (sum - sums(before)[i]) / 4);
    assert.ok(tokens.every((n) => n === tokens[0] && [usage.total_tokens, usage.total_tokens - 1].includes(n)), `${tokens}`);
    await server.stop();
  });

  test('fails to start with a model that cannot be loaded', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spillway-'));
    const file = path.join(folder, 'broken.gguf');
    fs.writeFileSync(file, 'not a model');
    const server = await Server.start([file], { ready: false });
    assert.deepEqual(await server.exited, { code: 1, signal: null });
    assert.match(server.stderr, /broken\.gguf/);
    fs.rmSync(folder, { recursive: true });
  });
});
