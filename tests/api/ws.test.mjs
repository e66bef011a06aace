// /ws/generate as a program sees it that uses npm's ws, in both of its modes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';

import { HELLO, Server, until } from './server.mjs';

// One connection: sends messages, collects what comes until it is closed.
class Talk {
  constructor(server, protocol) {
    this.socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws/generate`, protocol ? [protocol] : []);
    this.received = [];
    this.socket.on('message', (data) => this.received.push(data.toString()));
    this.closed = new Promise((resolve) => this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
    this.opened = new Promise((resolve, reject) => this.socket.on('open', resolve).on('error', reject));
  }
  async send(...messages) {
    await this.opened;
    for (const message of messages) this.socket.send(typeof message === 'object' && !Buffer.isBuffer(message) ? JSON.stringify(message) : message);
    return this;
  }
  of(id) {
    return this.received.map((text) => JSON.parse(text)).filter((message) => message.id === id);
  }
  text(id, kind = 'content') {
    return this.of(id).filter((m) => m.type === 'token' && m.kind === kind).map((m) => m.text).join('');
  }
  last(id) {
    return until(() => this.of(id).find((m) => m.type === 'done' || m.type === 'error'), `the end of ${id}`);
  }
}

const v1 = (server) => new Talk(server, 'spillway.v1');

describe('without a subprotocol', () => {
  let server;
  before(async () => (server = await Server.start(['stub:'])));
  after(() => server.stop());

  test('pieces of text, then done, then the end', async () => {
    const whole = await (await server.chat({ messages: HELLO, seed: 5 })).json();
    const talk = await new Talk(server).send({ model: 'stub', messages: HELLO, seed: 5 });
    assert.deepEqual(await talk.closed, { code: 1000, reason: '' });
    assert.equal(talk.received.pop(), '{"done":true}');
    assert.equal(talk.received.join(''), whole.choices[0].message.content);
    assert.ok(talk.received.length > 5);
    assert.equal(talk.socket.protocol, '');
  });
  test('a prompt, as a binary message too', async () => {
    const talk = await new Talk(server).send(Buffer.from('{"model":"stub","prompt":"Once","max_tokens":2}'));
    await talk.closed;
    assert.equal(talk.received.length, 3);
  });
  test('an error is a message, and the connection is closed', async () => {
    for (const [message, words] of [['{', /not JSON/], ['{"model":"stub"}', /prompt or messages/], ['{"prompt":"a","top_p":7}', /top_p/]]) {
      const talk = await new Talk(server).send(message);
      assert.equal((await talk.closed).code, 1000);
      assert.equal(talk.received.length, 1);
      assert.match(JSON.parse(talk.received[0]).error, words);
    }
  });
  test('a second request is against the rules', async () => {
    const endless = { prompt: 'a', ignore_eos: true };
    const talk = await new Talk(server).send(endless, endless);
    assert.equal((await talk.closed).code, 1008);
    await server.untilIdle();
  });
  test('a client that goes away frees its slot', async () => {
    const talk = await new Talk(server).send({ prompt: 'a', ignore_eos: true });
    await until(() => talk.received.length > 0, 'a piece');
    talk.socket.terminate();
    await server.untilIdle();
  });
  test('a page of a foreign origin is refused, and a plain GET is told to upgrade', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws/generate`, { origin: 'http://example.com' });
    const error = await new Promise((resolve) => socket.on('error', resolve));
    assert.match(error.message, /403/);
    assert.equal((await fetch(`${server.url}/ws/generate`)).status, 426);
  });
});

describe('spillway.v1', () => {
  let server;
  before(async () => (server = await Server.start(['stub:', '--stub-rate', '200'])));
  after(() => server.stop());

  test('several requests at once, each with the answer that it has alone', async () => {
    const talk = v1(server);
    const seeds = Array.from({ length: 12 }, (_, i) => i);
    await talk.send(...seeds.map((seed) => ({ type: 'generate', id: `r${seed}`, messages: HELLO, seed, temperature: 2, top_p: 1 })));
    for (const seed of seeds) {
      const done = await talk.last(`r${seed}`);
      const { choices, usage } = await (await server.chat({ messages: HELLO, seed, temperature: 2, top_p: 1 })).json();
      assert.equal(talk.text(`r${seed}`), choices[0].message.content);
      assert.equal(done.finish_reason, 'stop');
      assert.equal(done.usage.completion_tokens, usage.completion_tokens);
      const messages = talk.of(`r${seed}`);
      assert.equal(messages[0].type, 'accepted');
      assert.match(messages[0].request_id, /^req-/);
      assert.deepEqual(messages.filter((m) => m.type === 'token').map((m) => m.index), [...Array(messages.filter((m) => m.type === 'token').length).keys()]);
      assert.ok(messages.filter((m) => m.type === 'token').every((m) => m.t_ms > 0));
      assert.equal(messages.filter((m) => m.type === 'done').length, 1);
    }
    assert.equal(talk.socket.protocol, 'spillway.v1');
    talk.socket.close(1000);
    assert.equal((await talk.closed).code, 1000);
  });
  test('a cancelled request ends with its counts, and others go on', async () => {
    const talk = await v1(server).send({ type: 'generate', id: 'long', prompt: 'a', ignore_eos: true }, { type: 'generate', id: 'other', prompt: 'b' });
    await until(() => talk.text('long').length > 0, 'some text');
    await talk.send({ type: 'cancel', id: 'long' });
    const done = await talk.last('long');
    assert.equal(done.finish_reason, 'cancelled');
    assert.equal(done.usage.completion_tokens, talk.of('long').filter((m) => m.type === 'token').reduce((n, m) => n + m.n, 0));
    assert.equal((await talk.last('other')).finish_reason, 'stop');
    await talk.send({ type: 'cancel', id: 'long' });
    assert.equal((await until(() => talk.of('long').find((m) => m.type === 'error'), 'an error')).error.param, 'id');
    talk.socket.close();
  });
  test('errors name the request, and the connection stays', async () => {
    const talk = await v1(server).send({ type: 'generate', id: 'twice', prompt: 'a', ignore_eos: true }, { type: 'generate', id: 'twice', prompt: 'a' },
      { type: 'generate', id: 'bad', prompt: 'a', temperature: 9 }, { type: 'sing', id: 's' }, 'no JSON', { type: 'generate', id: 'é' });
    const code = async (id) => (await until(() => talk.of(id).find((m) => m.type === 'error'), `an error of ${id}`)).error;
    assert.equal((await code('twice')).param, 'id');
    assert.equal((await code('bad')).param, 'temperature');
    assert.equal((await code('s')).param, 'type');
    assert.equal((await code(null)).param, 'id');
    assert.equal((await code('é')).code, 'missing_required_parameter');
    talk.socket.terminate();
    await server.untilIdle();
  });
  test('as many at once as the limit says', async () => {
    const LIMIT = 64;
    const talk = v1(server);
    await talk.send(...Array.from({ length: LIMIT + 1 }, (_, i) => ({ type: 'generate', id: `${i}`, prompt: 'a', ignore_eos: true })));
    assert.equal((await talk.last(`${LIMIT}`)).error.code, 'queue_full');
    await until(() => talk.received.filter((text) => text.includes('"accepted"')).length === LIMIT, 'all others');
    talk.socket.terminate();
    await server.untilIdle();
  });
  test('a server that ends says so', async () => {
    const ending = await Server.start(['stub:', '--stub-rate', '20']);
    const talk = await v1(ending).send({ type: 'generate', id: 'a', prompt: 'a', ignore_eos: true });
    await until(() => talk.text('a').length > 0, 'some text');
    await ending.stop();
    assert.equal((await talk.closed).code, 1001);
    assert.equal((await talk.last('a')).error.code, 'shutting_down');
  });
});
