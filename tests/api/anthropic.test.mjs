// Anthropic's official client, as an application uses it, and what is on the wire.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Anthropic, { AuthenticationError, BadRequestError, NotFoundError } from '@anthropic-ai/sdk';

import { HELLO, Server } from './server.mjs';

const client = (server, apiKey = 'any') => new Anthropic({ baseURL: server.url, apiKey, maxRetries: 0 });
const text = (message) => message.content.map((block) => block.text ?? '').join('');

describe('messages of the stub model', () => {
  let server, anthropic;
  const request = (more = {}) => ({ model: 'stub', max_tokens: 400, messages: HELLO, seed: 7, ...more });
  const create = (more) => anthropic.messages.create(request(more));

  before(async () => {
    server = await Server.start(['stub:', '--ctx-size', '4096']);
    anthropic = client(server);
  });
  after(() => server.stop());

  test('answers in one document', async () => {
    const message = await create();
    assert.match(message.id, /^msg_[0-9a-f]{16}$/);
    assert.deepEqual([message.type, message.role, message.model], ['message', 'assistant', 'stub']);
    assert.deepEqual(message.content.map((block) => block.type), ['text']);
    assert.ok(message.content[0].text.length > 0);
    assert.deepEqual([message.stop_reason, message.stop_sequence], ['end_turn', null]);
    const again = await create();
    assert.equal(text(again), text(message));
    const all = ({ usage }) => usage.input_tokens + usage.cache_read_input_tokens;
    assert.equal(all(again), all(message));
    assert.equal(again.usage.input_tokens, 1, 'the last token is evaluated, the others are in the cache');
    assert.equal(again.usage.output_tokens, message.usage.output_tokens);
  });

  test('streams the events from which the client makes the same message', async () => {
    const whole = await create();
    const stream = anthropic.messages.stream(request());
    const types = [];
    for await (const event of stream) types.push(event.type);
    const message = await stream.finalMessage();
    assert.equal(text(message), text(whole));
    assert.equal(message.stop_reason, 'end_turn');
    assert.equal(message.usage.output_tokens, whole.usage.output_tokens);
    assert.deepEqual(types.slice(0, 2), ['message_start', 'content_block_start']);
    assert.deepEqual(types.slice(-3), ['content_block_stop', 'message_delta', 'message_stop']);
  });

  test('has the names of events beside their data, and no [DONE]', async () => {
    const response = await fetch(`${server.url}/v1/messages?beta=true`, {
      method: 'POST', body: JSON.stringify(request({ stream: true, max_tokens: 2 })),
      headers: { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'fine-grained-tool-streaming-2025-05-14' },
    });
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    const events = (await response.text()).trimEnd().split('\n\n').slice(1); // after the first comment
    const names = events.map((event) => {
      const [, name, data] = event.match(/^event: (\w+)\ndata: (\{.*\})$/);
      assert.equal(JSON.parse(data).type, name);
      return name;
    });
    assert.deepEqual(names, ['message_start', 'content_block_start', 'ping', 'content_block_delta', 'content_block_delta',
                             'content_block_stop', 'message_delta', 'message_stop']);
  });

  test('says why an answer ended', async () => {
    const limited = await create({ max_tokens: 3 });
    assert.deepEqual([limited.stop_reason, limited.usage.output_tokens], ['max_tokens', 3]);
    const stop = text(await create()).split(' ')[4];
    const stopped = await create({ stop_sequences: ['never said', stop] });
    assert.deepEqual([stopped.stop_reason, stopped.stop_sequence], ['stop_sequence', stop]);
    assert.ok(!text(stopped).includes(stop));
    const streamed = await anthropic.messages.stream(request({ stop_sequences: [stop] })).finalMessage();
    assert.deepEqual([streamed.stop_reason, streamed.stop_sequence], ['stop_sequence', stop]);
    assert.equal(text(streamed), text(stopped));
  });

  test('counts the tokens of the whole prompt', async () => {
    const count = async (more) => (await anthropic.messages.countTokens({ model: 'stub', messages: HELLO, ...more })).input_tokens;
    const { usage } = await create({ max_tokens: 1 });
    const plain = await count({});
    assert.equal(plain, usage.input_tokens + usage.cache_read_input_tokens);
    assert.ok((await count({ system: 'Be brief.' })) > plain);
    assert.ok((await count({ messages: [{ role: 'user', content: 'river '.repeat(20000) }] })) > 20000,
              'even if they do not fit');
  });

  test('reads a conversation with blocks and the results of tools', async () => {
    const message = await create({
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'What time is it?' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'I look.' }, { type: 'tool_use', id: 't1', name: 'clock', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: '12:30' }] },
      ],
    });
    assert.equal(message.stop_reason, 'end_turn');
  });

  test('names what it ignores', async () => {
    const { response } = await anthropic.messages.create(request({
      tools: [{ name: 'f', input_schema: { type: 'object' } }], tool_choice: { type: 'none' }, context_management: {},
    })).withResponse();
    assert.equal(response.headers.get('spillway-ignored'), 'tools, context_management');
  });

  const refuses = (what, more, type, pattern) =>
    test(`refuses ${what} with the client's own error`, () =>
      assert.rejects(create(more), (error) => {
        assert.ok(error instanceof type, `${error}`);
        assert.match(error.error.error.message, pattern);
        assert.deepEqual([error.error.type, error.error.error.type], ['error', 'invalid_request_error']);
        return true;
      }));
  refuses('a request without a limit', { max_tokens: undefined }, BadRequestError, /max_tokens is required/);
  refuses('tools', { tools: [{ name: 'f', input_schema: { type: 'object' } }] }, BadRequestError, /tool_choice/);
  refuses('a prompt that is too long', { messages: [{ role: 'user', content: 'river '.repeat(20000) }] }, BadRequestError,
          /^prompt is too long: /);
  refuses('an image', { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'x' } }] }] },
          BadRequestError, /'image'/);

  test('writes what HTTP refuses in the form of this family', async () => {
    const ask = async (path, options) => {
      const response = await fetch(`${server.url}${path}`, options);
      return [response.status, await response.json()];
    };
    const [status, unknown] = await ask('/v1/messages/batches', { method: 'POST', body: '{}' });
    assert.deepEqual([status, unknown.type, unknown.error.type], [404, 'error', 'not_found_error']);
    assert.equal((await ask('/v1/messages'))[1].error.type, 'invalid_request_error');
    const [, other] = await ask('/v1/message');
    assert.equal(other.error.code, 'unknown_url');
  });
});

describe('a slow server with a key', () => {
  let server;
  before(async () => (server = await Server.start(['stub:', '--stub-rate', '20', '--api-key', 'sesame'])));
  after(() => server.stop());

  test('takes the key as this client sends it', async () => {
    const ask = (key) => client(server, key).messages.create({ model: 'stub', max_tokens: 1, messages: HELLO });
    await assert.rejects(ask('wrong'), (error) => error instanceof AuthenticationError &&
                                                  error.error.error.type === 'authentication_error');
    assert.equal((await ask('sesame')).usage.output_tokens, 1);
  });

  test('frees the slot of a client that aborts', async () => {
    const stream = client(server, 'sesame').messages.stream({ model: 'stub', max_tokens: 4000, messages: HELLO, ignore_eos: true });
    for await (const event of stream) {
      if (event.type === 'content_block_delta') break;
    }
    stream.abort();
    await server.untilIdle();
  });
});

describe('a model that reasons', () => {
  let server, anthropic;
  before(async () => {
    server = await Server.start(['--model-dirs', '../../models', '--default-model', 'demo-gpt-oss', '--ctx-size', '1024']);
    anthropic = client(server);
  });
  after(() => server.stop());
  const request = { model: 'demo-gpt-oss', max_tokens: 200, temperature: 0, messages: [{ role: 'user', content: 'What is 12 + 30?' }] };
  const thinking = { type: 'enabled', budget_tokens: 1024 };

  test('shows its reasoning in a block before the text, if it is asked for', async () => {
    const whole = await anthropic.messages.create({ ...request, thinking });
    assert.deepEqual(whole.content.map((block) => block.type), ['thinking', 'text']);
    assert.ok(whole.content[0].thinking.length > 0);
    const streamed = await anthropic.messages.stream({ ...request, thinking }).finalMessage();
    assert.deepEqual(streamed.content, whole.content);
    const plain = await anthropic.messages.create(request);
    assert.deepEqual(plain.content, whole.content.slice(1));
    assert.equal(plain.usage.output_tokens, whole.usage.output_tokens);
  });

  test('reads its own blocks again', async () => {
    const whole = await anthropic.messages.create({ ...request, thinking });
    const next = await anthropic.messages.create({
      ...request, messages: [...request.messages, { role: 'assistant', content: whole.content }, { role: 'user', content: 'Thanks!' }],
    });
    assert.equal(next.content[0].type, 'text');
  });

  test('says that a model is unknown', () =>
    assert.rejects(client(server).messages.create({ ...request, model: 'nobody' }), (error) => error instanceof NotFoundError));
});
