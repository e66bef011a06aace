// The newest official client of OpenAI; tests/api/openai.test.mjs has version 4 and all features.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI, { APIUserAbortError, BadRequestError, NotFoundError, RateLimitError } from 'openai';

import { HELLO, Server, until } from '../api/server.mjs';

const client = (server, more = {}) => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0, ...more });

describe('the stub model', () => {
  let server, openai;
  before(async () => {
    server = await Server.start(['stub:']);
    openai = client(server);
  });
  after(() => server.stop());

  test('answers in a document, in a stream, and in what the client makes of a stream', async () => {
    const request = { model: 'stub', messages: HELLO, seed: 7 };
    const whole = await openai.chat.completions.create(request);
    const { content } = whole.choices[0].message;
    assert.ok(content.length > 0);
    let streamed = '';
    for await (const chunk of await openai.chat.completions.create({ ...request, stream: true }))
      streamed += chunk.choices[0].delta.content ?? '';
    assert.equal(streamed, content);
    const helper = openai.chat.completions.stream({ ...request, stream_options: { include_usage: true } });
    let events = 0;
    helper.on('content', () => events++);
    const final = await helper.finalChatCompletion();
    assert.equal(final.choices[0].message.content, content);
    assert.deepEqual(final.usage.completion_tokens, whole.usage.completion_tokens);
    assert.ok(events > 1);
  });

  test('completes, embeds and is listed', async () => {
    const { choices } = await openai.completions.create({ model: 'stub', prompt: 'Once', seed: 7, max_tokens: 5 });
    assert.equal(choices[0].finish_reason, 'length');
    const { data } = await openai.embeddings.create({ model: 'stub', input: ['a weir', 'a dam'] });
    assert.deepEqual(data.map((row) => row.embedding.length), [data[0].embedding.length, data[0].embedding.length]);
    assert.ok(Math.abs(Math.hypot(...data[1].embedding) - 1) < 1e-5);
    const ids = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    assert.deepEqual(ids, ['stub']);
  });

  test('refuses with errors of their classes', async () => {
    await assert.rejects(openai.chat.completions.create({ model: 'stub', messages: HELLO, temperature: 3 }),
      (error) => error instanceof BadRequestError && error.param === 'temperature' && error.code === 'invalid_value');
    await assert.rejects(openai.models.retrieve('nobody'),
      (error) => error instanceof NotFoundError && error.code === 'model_not_found' && /^[!-~]+$/.test(error.requestID));
  });
});

describe('a slow server with one slot', () => {
  const endless = { model: 'stub', messages: HELLO, stream: true, ignore_eos: true, max_tokens: 4000 };
  let server;
  before(async () => (server = await Server.start(['stub:', '--stub-rate', '20', '--parallel', '1'])));
  after(() => server.stop());

  test('frees the slot of a client that aborts', async () => {
    const controller = new AbortController();
    const stream = await client(server).chat.completions.create(endless, { signal: controller.signal });
    let n = 0;
    for await (const chunk of stream) {
      assert.equal(chunk.object, 'chat.completion.chunk');
      if (++n === 3) controller.abort();
    }
    await server.untilIdle();
    const second = new AbortController();
    const whole = client(server).chat.completions.create({ ...endless, stream: false }, { signal: second.signal });
    await until(async () => (await server.health()).slots_processing === 1, 'the answer to begin');
    second.abort();
    await assert.rejects(whole, APIUserAbortError);
    await server.untilIdle();
  });

  // 192 requests of one client run or wait; the next is refused until they have gone.
  test('refuses a client that asks too much, and answers when it tries again', async () => {
    const openai = client(server), controller = new AbortController();
    const held = await Promise.all(Array.from({ length: 192 }, () =>
      openai.chat.completions.create(endless, { signal: controller.signal })));
    const one = { model: 'stub', messages: HELLO, max_tokens: 1 };
    await assert.rejects(openai.chat.completions.create(one),
      (error) => error instanceof RateLimitError && error.code === 'queue_full' && Number(error.headers.get('retry-after')) >= 1);
    const statuses = [];
    const patient = client(server, {
      maxRetries: 20,
      fetch: async (...args) => {
        const response = await fetch(...args);
        statuses.push(response.status);
        controller.abort();
        return response;
      },
    });
    const answer = await patient.chat.completions.create(one);
    assert.equal(answer.usage.completion_tokens, 1);
    assert.equal(statuses[0], 429);
    assert.equal(statuses.at(-1), 200);
    assert.equal(held.length, 192);
  });
});
