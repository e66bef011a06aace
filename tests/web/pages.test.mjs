// Pages in Chromium that speak with the server: of its own origin, of one that is allowed, of others.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Server } from '../api/server.mjs';
import { launch } from './chromium.mjs';

const ALLOWED = 'https://allowed.example', FOREIGN = 'https://foreign.example';
const CHAT = { messages: [{ role: 'user', content: 'What is 12 + 30?' }], seed: 7, temperature: 0.8 };

let server, browser;
before(async () => {
  server = await Server.start(['../../models/demo-gpt-oss.gguf', '--ctx-size', '1024', '--allow-origin', ALLOWED]);
  // The browser would ask its user whether a page may speak with this machine; here the server alone decides.
  browser = await launch(['--disable-features=LocalNetworkAccessChecks']);
});
after(async () => {
  await browser.close();
  await server.stop();
});

// A page of an origin.  Those of others are not fetched: an empty document is in their place.
async function open(origin) {
  const page = await browser.newPage();
  await page.route(/^https:/, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
  await page.goto(origin === server.url ? `${origin}/health` : origin);
  return page;
}

// ---- what runs in a page ----

// The text of a streamed chat.
async function stream({ url, body }) {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer any' },
    body: JSON.stringify({ ...body, stream: true }),
  });
  let received = '';
  for (const reader = response.body.pipeThrough(new TextDecoderStream()).getReader(); ; ) {
    const { value, done } = await reader.read();
    if (done) break;
    received += value;
  }
  const events = received.split('\n\n').filter((event) => event.startsWith('data: ')).map((event) => event.slice(6));
  const end = events.pop();
  return { end, id: response.headers.get('x-request-id'),
    text: events.map((event) => JSON.parse(event).choices[0].delta.content ?? '').join('') };
}

// Reads the first bytes of an endless chat, then aborts it.
async function abort({ url, body }) {
  const controller = new AbortController();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST', body: JSON.stringify({ ...body, stream: true, ignore_eos: true }), signal: controller.signal,
  });
  const reader = response.body.getReader();
  await reader.read();
  controller.abort();
  return reader.read().then(() => 'more', (error) => error.name);
}

// The first two events of the stream of experts; a chat is asked between them.
function experts({ url, body }) {
  return new Promise((resolve) => {
    const events = [], source = new EventSource(`${url}/v1/experts/stream`);
    source.onerror = () => (source.close(), resolve('error'));
    source.onmessage = ({ data }) => {
      events.push(JSON.parse(data));
      if (events.length === 1) fetch(`${url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) });
      if (events.length === 2) (source.close(), resolve(events));
    };
  });
}

// ---- what must come of it ----

for (const [whose, origin] of [['its own', () => server.url], ['an allowed', () => ALLOWED]]) {
  describe(`a page of ${whose} origin`, () => {
    let page, inputs;
    before(async () => {
      page = await open(origin());
      inputs = { url: server.url, body: CHAT };
    });
    after(() => page.close());

    test('reads the stream of a chat', async () => {
      const whole = await (await server.chat(CHAT)).json();
      const { end, id, text } = await page.evaluate(stream, inputs);
      assert.equal(text, whole.choices[0].message.content);
      assert.equal(end, '[DONE]');
      assert.match(id, /^[!-~]+$/, 'the header is exposed');
    });

    test('aborts a chat, which frees its slot', async () => {
      assert.equal(await page.evaluate(abort, inputs), 'AbortError');
      await server.untilIdle();
    });

    test('follows the experts with an EventSource', async () => {
      const [start, delta] = await page.evaluate(experts, inputs);
      assert.deepEqual([start.object, start.sequence, start.model], ['experts.start', 0, 'demo-gpt-oss']);
      assert.deepEqual([delta.object, delta.sequence], ['experts.delta', 1]);
      assert.ok(delta.n_tokens > 0);
    });
  });
}

for (const [what, origin] of [['of a foreign origin', FOREIGN], ['without an origin', 'data:text/html,<!doctype html>']]) {
  test(`a page ${what} gets nothing, and nothing is generated for it`, async () => {
    const page = await open(origin);
    const before = await server.health();
    const inputs = { url: server.url, body: CHAT };
    await assert.rejects(page.evaluate(stream, inputs), /Failed to fetch/);
    assert.equal(await page.evaluate(experts, inputs), 'error');
    // A plain form could send this; the page may not read the answer, but there must be none.
    const opaque = await page.evaluate(({ url, body }) =>
      fetch(`${url}/v1/chat/completions`, { method: 'POST', mode: 'no-cors', body: JSON.stringify(body) })
        .then(({ type }) => type), inputs);
    assert.equal(opaque, 'opaque');
    await page.close();
    const now = await server.health();
    assert.deepEqual([now.requests, now.tokens], [before.requests, before.tokens]);
  });
}
