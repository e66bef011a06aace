// ws_chromium.mjs - Chromium as a client of the WebSocket that test_ws_peer.c serves (see tests/support/http_fixture.h).
import assert from 'node:assert/strict';

import { launch } from '../web/chromium.mjs';

const url = process.env.SPILLWAY_WS_URL;

// Runs in the page: sends what is asked for and notes all that comes until the connection is closed.
function talk({ url, protocols, sends, code }) {
  return new Promise((resolve) => {
    const ws = new WebSocket(url, protocols);
    const seen = { protocol: null, extensions: null, messages: [] };
    ws.onopen = () => {
      Object.assign(seen, { protocol: ws.protocol, extensions: ws.extensions });
      for (const text of sends) ws.send(text === 'bytes' ? new Uint8Array([0, 255, 1]) : text);
    };
    ws.onmessage = ({ data }) => {
      seen.messages.push(data.length < 100 ? data : data.length);
      if (code && seen.messages.length === sends.length) ws.close(code);
    };
    ws.onclose = ({ code, reason, wasClean }) => resolve({ ...seen, code, reason, wasClean });
  });
}

const browser = await launch();
try {
  const page = await browser.newPage();
  const say = (sends, more = {}) => page.evaluate(talk, { url, protocols: [], sends, ...more });

  // A page of no origin that is allowed.
  assert.deepEqual(await say(['a']), { protocol: null, extensions: null, messages: [], code: 1006, reason: '', wasClean: false });

  await page.goto(url.replace('ws:', 'http:').replace('/ws', '/health'));
  assert.deepEqual(await say(['Hello', '', 'κόσμε 😀', 'bytes', '*'.repeat(1048576)], { protocols: ['x', 'echo.v1'], code: 4001 }), {
    protocol: 'echo.v1', extensions: '', messages: ['Hello', '', 'κόσμε 😀', '3 bytes, sum 7906', 1048576],
    code: 4001, reason: '', wasClean: true,
  });
  const closed = await say(['a', 'close']);
  assert.deepEqual([closed.messages, closed.code, closed.reason, closed.wasClean], [['a', 'last'], 1000, 'done', true]);
  const tooLarge = await say(['*'.repeat(1048577)]);
  assert.deepEqual([tooLarge.code, tooLarge.reason], [1009, 'a message is too large']);
  const unknown = await say(['a'], { protocols: ['x'] }); // the browser insists on a protocol, and there is none
  assert.deepEqual([unknown.code, unknown.messages], [1006, []]);
} finally {
  await browser.close();
}
