// Responses: OpenAI's official client in its oldest and newest version here, what is on the wire, and Codex' requests.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import * as openai4 from 'openai';
import * as openaiLatest from 'openai-latest';

import { HELLO, Server } from './server.mjs';

const NO_RETRY = { apiKey: 'any', maxRetries: 0 };
const outputText = (response) =>
  response.output.flatMap((item) => (item.type === 'message' ? item.content : [])).map((part) => part.text).join('');
const join = (events, type) => events.filter((event) => event.type === type).map((event) => event.delta).join('');

// The events of a stream as they are on the wire: names, data and numbers must agree.
function eventsOf(text) {
  const events = text.trimEnd().split('\n\n').filter((event) => !event.startsWith(':'));
  return events.map((event, i) => {
    const [, name, data] = event.match(/^event: ([\w.]+)\ndata: (\{.*\})$/);
    const value = JSON.parse(data);
    assert.deepEqual([value.type, value.sequence_number], [name, i]);
    return value;
  });
}

const ITEM_TYPES = (text) => ['response.output_item.added', 'response.content_part.added', `response.${text}.delta`,
                              `response.${text}.done`, 'response.content_part.done', 'response.output_item.done'];
const typesOf = (events) => events.map((event) => event.type).filter((type, i, all) => type !== all[i - 1]);

for (const [version, { default: OpenAI, APIError, BadRequestError }] of Object.entries({ 4: openai4, latest: openaiLatest })) {
  describe(`the client, version ${version}`, () => {
    let server, openai;
    const request = (more = {}) => ({ model: 'stub', input: 'Tell me about rivers.', seed: 7, ...more });
    const create = (more) => openai.responses.create(request(more));

    before(async () => {
      server = await Server.start(['stub:', '--ctx-size', '4096']);
      openai = new OpenAI({ baseURL: `${server.url}/v1`, ...NO_RETRY });
    });
    after(() => server.stop());

    test('gets a response', async () => {
      const response = await create({ instructions: 'Be brief.', metadata: { a: 'b' }, user: 'u', store: true });
      assert.match(response.id, /^resp_[0-9a-f]{16}$/);
      assert.deepEqual([response.object, response.status, response.model], ['response', 'completed', 'stub']);
      assert.deepEqual([response.error, response.incomplete_details], [null, null]);
      assert.ok(Math.abs(response.created_at - Date.now() / 1000) < 60);
      const [item] = response.output;
      assert.deepEqual([response.output.length, item.type, item.role, item.status], [1, 'message', 'assistant', 'completed']);
      assert.match(item.id, /^msg_/);
      assert.deepEqual(item.content, [{ type: 'output_text', text: response.output_text, annotations: [], logprobs: [] }]);
      assert.ok(response.output_text.length > 0);
      assert.deepEqual([response.instructions, response.metadata, response.store], ['Be brief.', { a: 'b' }, false]);
      const { usage } = response;
      assert.equal(usage.total_tokens, usage.input_tokens + usage.output_tokens);
      assert.equal(usage.output_tokens_details.reasoning_tokens, 0);
      assert.equal(response.timings.predicted_n, usage.output_tokens);
      assert.equal(response.seed, 7);
      const again = await create({ instructions: 'Be brief.' });
      assert.equal(again.output_text, response.output_text);
      assert.equal(again.usage.input_tokens_details.cached_tokens, usage.input_tokens - 1, 'the last token is evaluated');
    });

    test('says the same as a chat', async () => {
      const chat = await openai.chat.completions.create({ model: 'stub', messages: HELLO, seed: 7 });
      const response = await create({ input: HELLO });
      assert.equal(response.output_text, chat.choices[0].message.content);
      assert.equal(response.usage.input_tokens, chat.usage.prompt_tokens);
    });

    test('reads a stream event by event', async () => {
      const whole = await create();
      const events = [];
      for await (const event of await create({ stream: true })) events.push(event);
      assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, i) => i));
      assert.deepEqual(typesOf(events), ['response.created', 'response.in_progress', ...ITEM_TYPES('output_text'), 'response.completed']);
      assert.equal(join(events, 'response.output_text.delta'), whole.output_text);
      const { response } = events.at(-1);
      assert.equal(outputText(response), whole.output_text);
      assert.equal(response.usage.output_tokens, whole.usage.output_tokens);
      assert.equal(response.id, events[0].response.id);
      assert.deepEqual(events.at(-2).item, response.output[0]);
    });

    test('makes the same response from a stream', async () => {
      const whole = await create();
      const stream = openai.responses.stream(request());
      let text = '';
      stream.on('response.output_text.delta', (event) => (text += event.delta));
      const response = await stream.finalResponse();
      assert.equal(response.status, 'completed');
      assert.equal(response.output_text ?? outputText(response), whole.output_text);
      assert.equal(text, whole.output_text);
    });

    test('learns that the limit ended the answer', async () => {
      const cut = await create({ max_output_tokens: 3 });
      assert.deepEqual([cut.status, cut.incomplete_details], ['incomplete', { reason: 'max_output_tokens' }]);
      assert.deepEqual([cut.output[0].status, cut.usage.output_tokens, cut.max_output_tokens], ['incomplete', 3, 3]);
      const events = [];
      for await (const event of await create({ max_output_tokens: 3, stream: true })) events.push(event);
      assert.equal(events.at(-1).type, 'response.incomplete');
      assert.equal(outputText(events.at(-1).response), cut.output_text);
      assert.equal(join(events, 'response.output_text.delta'), cut.output_text);
    });

    test('sends back what it got', async () => {
      const first = await create();
      const input = [...HELLO, ...first.output, { role: 'user', content: [{ type: 'input_text', text: 'Go on.' }] }];
      const next = await create({ input });
      const chat = await openai.chat.completions.create({
        model: 'stub', seed: 7, messages: [...HELLO, { role: 'assistant', content: first.output_text }, { role: 'user', content: 'Go on.' }],
      });
      assert.equal(next.usage.input_tokens, chat.usage.prompt_tokens);
      assert.equal(next.output_text, chat.choices[0].message.content);
    });

    test('sends the calls of functions and their outputs', async () => {
      const call = { name: 'get_weather', arguments: '{"city": "Köln"}' };
      const next = await create({
        input: [...HELLO, { type: 'function_call', call_id: 'c1', ...call }, { type: 'function_call_output', call_id: 'c1', output: '20 °C' }],
      });
      const chat = await openai.chat.completions.create({
        model: 'stub', seed: 7,
        messages: [...HELLO, { role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: call }] },
                   { role: 'tool', tool_call_id: 'c1', content: '20 °C' }],
      });
      assert.equal(next.usage.input_tokens, chat.usage.prompt_tokens);
    });

    test('learns what is ignored', async () => {
      const { response } = await openai.responses.create(request({
        truncation: 'auto', include: ['reasoning.encrypted_content'], reasoning: { effort: 'low', summary: 'auto' },
        tools: [{ type: 'function', name: 'f', parameters: {}, strict: false }], tool_choice: 'none',
      })).withResponse();
      assert.deepEqual(response.headers.get('spillway-ignored').split(', ').sort(),
                       ['include', 'reasoning.effort', 'reasoning.summary', 'tools', 'truncation']);
    });

    const refuses = (what, more, type, param, pattern) =>
      test(`gets its own error for ${what}`, () =>
        assert.rejects(create(more), (error) => {
          assert.ok(error instanceof type, `${error}`);
          assert.equal(error.param, param);
          assert.match(error.message, pattern);
          return true;
        }));
    refuses('an earlier response', { previous_response_id: 'resp_1' }, BadRequestError, 'previous_response_id', /send the whole conversation/);
    refuses('a tool of the server', { tools: [{ type: 'web_search' }] }, BadRequestError, 'tools[0]', /'web_search'/);
    refuses('an image', { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x', detail: 'auto' }] }] },
            BadRequestError, 'input[0].content[0]', /'input_image'/);
    refuses('a schema', { text: { format: { type: 'json_schema', name: 's', schema: {} } } }, BadRequestError, 'text.format', /'json_schema'/);
    refuses('a background', { background: true }, BadRequestError, 'background', /not supported/);
    refuses('a prompt that does not fit', { input: 'river '.repeat(20000), stream: true }, BadRequestError, 'input', /tokens/);

    test('aborts, and its slot is free', async () => {
      const slow = await Server.start(['stub:', '--stub-rate', '20']);
      const stream = await new OpenAI({ baseURL: `${slow.url}/v1`, ...NO_RETRY })
        .responses.create(request({ stream: true, ignore_eos: true }));
      for await (const event of stream) {
        if (event.type === 'response.output_text.delta') break;
      }
      await slow.untilIdle();
      await slow.stop();
    });

    test('learns that the server ended in the middle of an answer', async () => {
      const slow = await Server.start(['stub:', '--stub-rate', '20']);
      const stream = await new OpenAI({ baseURL: `${slow.url}/v1`, ...NO_RETRY })
        .responses.create(request({ stream: true, ignore_eos: true }));
      const types = [];
      let stopped;
      await assert.rejects(async () => {
        for await (const event of stream) {
          types.push(event.type);
          if (event.type === 'response.output_text.delta') stopped ??= slow.stop();
        }
      }, (error) => error instanceof APIError && /shutting down/.test(error.message));
      assert.equal(types.at(-1), 'response.failed');
      await stopped;
    });
  });
}

describe('the wire', () => {
  let server;
  const post = (body, path = '/v1/responses') => fetch(`${server.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  before(async () => (server = await Server.start(['stub:'])));
  after(() => server.stop());

  test('has the names of events beside their data, and no [DONE]', async () => {
    const response = await post({ input: 'Hello', stream: true, max_output_tokens: 2 });
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    const events = eventsOf(await response.text());
    assert.deepEqual(typesOf(events), ['response.created', 'response.in_progress', ...ITEM_TYPES('output_text'), 'response.incomplete']);
  });

  test('has the same answer at the path without a version', async () => {
    const [a, b] = await Promise.all(['/v1/responses', '/responses'].map(async (path) => (await post({ input: 'Hello', seed: 1 }, path)).json()));
    assert.deepEqual(a.output[0].content, b.output[0].content);
  });

  test('repeats long instructions whole', async () => {
    const instructions = 'é"\n'.repeat(100);
    const events = eventsOf(await (await post({ input: 'Hello', instructions, stream: true, max_output_tokens: 1 })).text());
    for (const event of [events[0], events[1], events.at(-1)]) assert.equal(event.response.instructions, instructions);
  });

  test('knows no stored responses', async () => {
    const response = await fetch(`${server.url}/v1/responses/resp_1`);
    assert.deepEqual([response.status, (await response.json()).error.code], [404, 'unknown_url']);
  });
});

describe('a model that reasons', () => {
  const pattern = JSON.parse(fs.readFileSync(new URL('codex_turn.json', import.meta.url)));
  let server;
  before(async () => (server = await Server.start(['--model-dirs', '../../models', '--default-model', 'demo-gpt-oss', '--ctx-size', '1024'])));
  after(() => server.stop());

  for (const [version, { default: OpenAI }] of Object.entries({ 4: openai4, latest: openaiLatest })) {
    test(`shows both items to the client, version ${version}`, async () => {
      const openai = new OpenAI({ baseURL: `${server.url}/v1`, ...NO_RETRY });
      const request = { model: 'demo-gpt-oss', input: 'What is 12 + 30?', temperature: 0 };
      const whole = await openai.responses.create(request);
      assert.deepEqual(whole.output.map((item) => item.type), ['reasoning', 'message']);
      const streamed = await openai.responses.stream(request).finalResponse();
      assert.equal(outputText(streamed), whole.output_text);
      assert.deepEqual(streamed.output[0].content, whole.output[0].content);
      const cut = await openai.responses.create({ ...request, max_output_tokens: 4 });
      assert.deepEqual(cut.output.map((item) => [item.type, item.status]), [['reasoning', 'incomplete']]);
    });
  }

  // One turn of Codex: the items that are complete, as Codex takes them from the stream, and the last event.
  async function turn(input) {
    const body = JSON.stringify({ ...pattern.body, input, temperature: 0 });
    const response = await fetch(`${server.url}/v1/responses`, { method: 'POST', headers: pattern.headers, body });
    assert.equal(response.status, 200, await response.clone().text());
    assert.equal(response.headers.get('spillway-ignored'), 'reasoning.summary, text.verbosity, include');
    const events = eventsOf(await response.text());
    const items = events.filter((event) => event.type === 'response.output_item.done').map((event) => event.item);
    return { events, items, last: events.at(-1) };
  }

  test('has two turns with Codex, the second with the items of the first', async () => {
    const { input } = pattern.body;
    const first = await turn(input);
    assert.deepEqual(first.items.map((item) => item.type), ['reasoning', 'message']);
    assert.deepEqual(typesOf(first.events), ['response.created', 'response.in_progress', ...ITEM_TYPES('reasoning_text'),
                                             ...ITEM_TYPES('output_text'), 'response.completed']);
    const [reasoning, message] = first.items;
    assert.equal(join(first.events, 'response.reasoning_text.delta'), reasoning.content[0].text);
    assert.equal(join(first.events, 'response.output_text.delta'), message.content[0].text);
    assert.ok(reasoning.content[0].text.length > 0 && message.content[0].text.length > 0);
    assert.deepEqual(first.last.response.output, first.items);
    const { usage } = first.last.response;
    assert.ok(usage.output_tokens_details.reasoning_tokens > 0);
    assert.equal(usage.total_tokens, usage.input_tokens + usage.output_tokens);

    const question = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'And 5 + 6?' }] };
    const second = await turn([...input, { ...reasoning, encrypted_content: null }, message, question]);
    assert.equal(second.last.type, 'response.completed');
    assert.ok(second.last.response.usage.input_tokens_details.cached_tokens > 0, 'the first turn is in the cache');

    const chat = await (await server.chat({
      model: 'demo-gpt-oss', temperature: 0, reasoning_effort: 'medium',
      messages: [
        { role: 'system', content: pattern.body.instructions },
        ...input.map(({ role, content }) => ({ role, content: content[0].text })),
        { role: 'assistant', reasoning_content: reasoning.content[0].text, content: message.content[0].text },
        { role: 'user', content: 'And 5 + 6?' },
      ],
    })).json();
    assert.equal(second.last.response.usage.input_tokens, chat.usage.prompt_tokens);
    assert.equal(outputText(second.last.response), chat.choices[0].message.content);
  });

  test('refuses a name that is unknown before a stream begins', async () => {
    const body = JSON.stringify({ ...pattern.body, model: 'nobody' });
    const response = await fetch(`${server.url}/v1/responses`, { method: 'POST', body });
    assert.deepEqual([response.status, (await response.json()).error.code], [404, 'model_not_found']);
  });

  test('says the same in one document', async () => {
    const streamed = await turn(pattern.body.input);
    const body = JSON.stringify({ ...pattern.body, temperature: 0, stream: false });
    const whole = await (await fetch(`${server.url}/v1/responses`, { method: 'POST', body })).json();
    const texts = (response) => response.output.map((item) => [item.type, item.status, item.content]);
    assert.deepEqual(texts(whole), texts(streamed.last.response));
  });
});
