// ws_peer.mjs - npm's `ws` as a client of the WebSocket that test_ws_peer.c serves (see tests/support/http_fixture.h).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import WebSocket from 'ws';

const URL = process.env.SPILLWAY_WS_URL;

async function connect(protocols = [], options = {}) {
  const ws = new WebSocket(URL, protocols, options);
  await once(ws, 'open');
  return ws;
}

// The next `n` messages, as texts.
function receive(ws, n) {
  const texts = [];
  return new Promise((resolve, reject) => {
    ws.on('message', (data, isBinary) => {
      if (isBinary) reject(new Error('a binary message'));
      texts.push(data.toString());
      if (texts.length === n) resolve(texts);
    });
    ws.on('close', (code) => reject(new Error(`closed with ${code} after ${texts.length} of ${n} messages`)));
  });
}

async function closed(ws) {
  ws.on('error', () => {}); // the code says why
  const [code, reason] = await once(ws, 'close');
  return [code, reason.toString()];
}

// The status and headers of a refused handshake.
async function refused(options) {
  const ws = new WebSocket(URL, options);
  const [request, response] = await once(ws, 'unexpected-response');
  request.destroy();
  return response;
}

async function echo(ws, ...texts) {
  const received = receive(ws, texts.length);
  for (const text of texts) ws.send(text);
  assert.deepEqual(await received, texts);
  ws.close(1000);
  assert.equal((await closed(ws))[0], 1000);
}

test('texts come back in their order', async () => {
  await echo(await connect(), 'Hello', '', 'two\nlines', 'κόσμε 😀', '\0', ...Array.from({ length: 200 }, (_, i) => `${i}`));
});

test('messages of every form of length come back', async () => {
  await echo(await connect(), ...[125, 126, 127, 65535, 65536, 1048576].map((n) => '*'.repeat(n)));
});

test('bytes arrive as they were sent', async () => {
  const ws = await connect();
  const received = receive(ws, 1);
  ws.send(Buffer.from([0, 255, 1]));
  assert.deepEqual(await received, ['3 bytes, sum 7906']);
  ws.close();
  assert.equal((await closed(ws))[0], 1005);
});

test('fragments become one message, with a Ping between', async () => {
  const ws = await connect();
  const received = receive(ws, 1);
  const pong = once(ws, 'pong');
  ws.send('Hel', { fin: false });
  ws.ping('are you there?');
  ws.send('l', { fin: false });
  ws.send('o', { fin: true });
  assert.equal((await pong)[0].toString(), 'are you there?');
  assert.deepEqual(await received, ['Hello']);
  ws.terminate();
});

test('no extension is agreed on, and the subprotocol is one that both know', async () => {
  const ws = await connect(['x', 'echo.v1'], { perMessageDeflate: true });
  assert.equal(ws.extensions, '');
  assert.equal(ws.protocol, 'echo.v1');
  await echo(ws, 'a'.repeat(5000));
});

test('a Close of either side has its code and reason', async () => {
  const mine = await connect();
  mine.close(4001, 'enough');
  assert.equal((await closed(mine))[0], 4001);
  const theirs = await connect();
  const last = receive(theirs, 1);
  theirs.send('close');
  const end = closed(theirs);
  assert.deepEqual(await last, ['last']);
  assert.deepEqual(await end, [1000, 'done']);
});

test('what breaks the protocol or a limit is closed with its code', async () => {
  const cases = [
    [1009, (ws) => ws.send('*'.repeat(1048577))],
    [1007, (ws) => ws.send(Buffer.from([0x61, 0xff]), { binary: false })],
    [1002, (ws) => ws.send('a', { mask: false })],
  ];
  for (const [code, send] of cases) {
    const ws = await connect();
    const end = closed(ws);
    send(ws);
    assert.equal((await end)[0], code);
  }
});

test('handshakes are refused for their origin and their version', async () => {
  assert.equal((await refused({ origin: 'https://evil.test' })).statusCode, 403);
  const response = await refused({ protocolVersion: 8 });
  assert.equal(response.statusCode, 426);
  assert.equal(response.headers['sec-websocket-version'], '13');
});

test('a client may stop reading and go on', async () => {
  const ws = await connect();
  let n = 0;
  ws.on('message', (data) => (n += data.length));
  ws.send('endless');
  while (n < 1e6) await once(ws, 'message');
  ws.pause();
  await new Promise((resolve) => setTimeout(resolve, 50));
  ws.resume();
  while (n < 2e7) await once(ws, 'message');
  ws.terminate();
});

test('several connections do not mix', async () => {
  const all = await Promise.all(Array.from({ length: 10 }, () => connect()));
  await Promise.all(all.map((ws, i) => echo(ws, ...Array.from({ length: 50 }, (_, k) => `${i} ${k} `.repeat(100)))));
});
