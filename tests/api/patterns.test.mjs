// Plays the request sequences of patterns/*.json: what editors and agents send, in their order, with what must come back.
// A seed is added to what generates, so that the answers are the same each time.
//
// A file has `client`, `server` (arguments) and `requests`, each with `what`, `method` (POST if there is a `body`), `path`,
// `headers`, `body` and `expect`:
//   status             of HTTP
//   headers            regular expressions of header values
//   answer             what the JSON document must hold: a part of it; "<string>", "<array>" and "<positive>" take any that is not
//                      empty
//   matches            regular expressions of strings in the document, by their paths
//   stream             "sse", "sse-done" (which ends with [DONE]) or "ndjson": the answer is one; then `first` and `last` are
//                      as `answer`, for the first and last event of JSON; `names` are the events' names, equal neighbours
//                      as one
//   text               path of the text in the document or in each event; it must not be empty, and "$text" in later
//                      requests stands for it; "$long" stands for a text that fits no context
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { Server } from './server.mjs';

const folder = new URL('patterns/', import.meta.url);

const at = (value, path) => path.split('.').reduce((part, key) => part?.[key], value);

// Checks that `value` holds all of `part`.
function holds(value, part, where) {
  if (typeof part === 'string' && /^<\w+>$/.test(part)) {
    const type = Array.isArray(value) ? 'array' : value > 0 ? 'positive' : typeof value;
    assert.equal(`<${type}>`, part, `${where} is ${JSON.stringify(value)}`);
    assert.notEqual(value.length, 0, `${where} is empty`);
  } else if (part !== null && typeof part === 'object') {
    assert.ok(value !== null && typeof value === 'object', `${where} is ${JSON.stringify(value)}`);
    if (Array.isArray(part)) assert.equal(value.length, part.length, `${where}: ${JSON.stringify(value)}`);
    for (const key of Object.keys(part)) holds(value[key], part[key], `${where}.${key}`);
  } else {
    assert.deepEqual(value, part, where);
  }
}

const sse = (text) =>
  text.split('\n\n').flatMap((event) => {
    const [, name] = event.match(/^event: (.*)$/m) ?? [];
    const [, data] = event.match(/^data: (.*)$/m) ?? [];
    return data === undefined ? [] : [{ name, data: data === '[DONE]' ? data : JSON.parse(data) }];
  });
const lines = (text) => text.split('\n').slice(0, -1).map((line) => ({ data: JSON.parse(line) }));

const STREAMS = {
  sse: { type: 'text/event-stream; charset=utf-8', read: sse },
  'sse-done': { type: 'text/event-stream; charset=utf-8', read: sse, done: true },
  ndjson: { type: 'application/x-ndjson', read: lines },
};

// Checks a stream and returns its documents.
function checkStream(received, expect) {
  const { read, done } = STREAMS[expect.stream];
  const events = read(received);
  if (done) assert.equal(events.pop().data, '[DONE]');
  const documents = events.map((event) => event.data);
  if (expect.first) holds(documents[0], expect.first, 'first event');
  if (expect.last) holds(documents.at(-1), expect.last, 'last event');
  if (expect.names) {
    const names = events.map((event) => event.name);
    assert.deepEqual(names.filter((name, i) => name !== names[i - 1]), expect.names);
  }
  return documents;
}

async function play(server, { method, path, headers, body, expect }, texts) {
  const words = { '"$text"': texts.at(-1), '"$long"': 'river '.repeat(20_000) };
  const generates = body?.messages || body?.prompt || path === '/v1/responses';
  const sent = body && JSON.stringify(generates ? { ...body, seed: 7 } : body).replaceAll(/"\$(text|long)"/g, (word) => JSON.stringify(words[word]));
  const response = await fetch(server.url + path, { method: method ?? (body ? 'POST' : 'GET'), headers, body: sent });
  const received = await response.text();
  assert.equal(response.status, expect.status, received);
  for (const [name, pattern] of Object.entries(expect.headers ?? {}))
    assert.match(response.headers.get(name) ?? '', new RegExp(pattern), name);
  assert.equal(response.headers.get('content-type'), STREAMS[expect.stream]?.type ?? 'application/json; charset=utf-8', received);
  const documents = expect.stream ? checkStream(received, expect) : [JSON.parse(received)];
  if (expect.answer) holds(documents[0], expect.answer, 'answer');
  for (const [path, pattern] of Object.entries(expect.matches ?? {})) assert.match(at(documents[0], path), new RegExp(pattern));
  if (!expect.text) return;
  texts.push(documents.map((document) => at(document, expect.text) ?? '').join(''));
  assert.notEqual(texts.at(-1), '', received);
}

for (const file of fs.readdirSync(folder).sort()) {
  const pattern = JSON.parse(fs.readFileSync(new URL(file, folder)));
  describe(pattern.client, () => {
    const texts = [];
    let server;
    before(async () => (server = await Server.start(pattern.server)));
    after(() => server.stop());
    for (const request of pattern.requests) test(request.what, () => play(server, request, texts));
  });
}
