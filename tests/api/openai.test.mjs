// The official client, as an application uses it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI, { AuthenticationError, BadRequestError, NotFoundError } from 'openai';

import { HELLO, Server } from './server.mjs';

const client = (server, apiKey = 'any') => new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const text = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');

const LIVELY = { temperature: 2, top_p: 1 }; // the stub takes another of its words now and then

describe('a server with the stub model', () => {
  let server, openai;
  const ask = (more = {}) => openai.chat.completions.create({ model: 'stub', messages: HELLO, seed: 7, ...more });

  before(async () => {
    server = await Server.start(['stub:']);
    openai = client(server);
  });
  after(() => server.stop());

  test('answers in one document', async () => {
    const answer = await ask();
    assert.match(answer.id, /^chatcmpl-[0-9a-f]+$/);
    assert.equal(answer.object, 'chat.completion');
    assert.equal(answer.model, 'stub');
    assert.match(answer.system_fingerprint, /^sw-\d+\.\d+\.\d+-[0-9a-f]{8}$/);
    assert.ok(Math.abs(answer.created - Date.now() / 1000) < 60);
    assert.equal(answer.choices.length, 1);
    assert.equal(answer.choices[0].index, 0);
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.equal(answer.choices[0].logprobs, null);
    assert.equal(answer.choices[0].message.role, 'assistant');
    assert.equal(answer.choices[0].message.refusal, null);
    assert.ok(answer.choices[0].message.content.length > 0);
    assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.completion_tokens > 0);
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
    assert.equal(answer.timings.predicted_n, answer.usage.completion_tokens);
    const cached = answer.usage.prompt_tokens_details.cached_tokens;
    assert.equal(answer.timings.cache_n, cached);
    assert.equal(answer.timings.prompt_n, answer.usage.prompt_tokens - cached);
    assert.equal(answer.seed, 7);
    const again = await ask();
    assert.equal(again.usage.prompt_tokens_details.cached_tokens, answer.usage.prompt_tokens - 1, 'the last token is evaluated');
    const whole = await ask({ cache_prompt: false });
    assert.equal(whole.usage.prompt_tokens_details.cached_tokens, 0);
    assert.equal(whole.choices[0].message.content, answer.choices[0].message.content);
  });

  test('answers several times, each as its seed does alone', async () => {
    const alone = await Promise.all([7, 8, 9].map((seed) => ask({ seed, ...LIVELY })));
    const texts = alone.map((answer) => answer.choices[0].message.content);
    assert.equal(new Set(texts).size, 3, 'the seeds differ');
    const three = await ask({ n: 3, ...LIVELY });
    assert.deepEqual(three.choices.map((choice) => [choice.index, choice.message.content]), texts.map((content, i) => [i, content]));
    assert.equal(three.usage.prompt_tokens, alone[0].usage.prompt_tokens, 'one prompt');
    assert.equal(three.usage.completion_tokens, alone.reduce((sum, answer) => sum + answer.usage.completion_tokens, 0));
    const chunks = await collect(await ask({ n: 3, ...LIVELY, stream: true }));
    for (let i = 0; i < 3; i++) {
      const own = chunks.filter((chunk) => chunk.choices[0].index === i);
      assert.equal(text(own), texts[i]);
      assert.deepEqual(own[0].choices[0].delta, { role: 'assistant', content: '' });
      assert.equal(own.at(-1).choices[0].finish_reason, 'stop');
      assert.equal(own.at(-1).seed, 7 + i);
    }
  });

  test('streams deltas whose concatenation is the answer of the same seed', async () => {
    const whole = await ask();
    const chunks = await collect(await ask({ stream: true }));
    assert.equal(text(chunks), whole.choices[0].message.content);
    assert.deepEqual(chunks[0].choices[0].delta, { role: 'assistant', content: '' });
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
    assert.deepEqual(chunks.at(-1).choices[0].delta, {});
    assert.equal(chunks.at(-1).timings.predicted_n, whole.usage.completion_tokens);
    for (const chunk of chunks) {
      assert.equal(chunk.object, 'chat.completion.chunk');
      assert.equal(chunk.id, chunks[0].id);
      assert.equal(chunk.created, chunks[0].created);
      assert.equal(chunk.system_fingerprint, whole.system_fingerprint);
      assert.equal(chunk.choices.length, 1, 'nobody asked for a chunk without choices');
      assert.ok(!('usage' in chunk));
    }
  });

  test('sends usage in a last chunk of its own when asked', async () => {
    const whole = await ask();
    const chunks = await collect(await ask({ stream: true, stream_options: { include_usage: true } }));
    const last = chunks.pop();
    assert.deepEqual(last.choices, []);
    assert.deepEqual(last.usage, whole.usage);
    assert.ok(chunks.every((chunk) => chunk.usage === null && chunk.choices.length === 1));
  });

  test('says in each chunk how far the answer is, and which tokens it had, when asked', async () => {
    const whole = await ask({ return_token_ids: true, temperature: 0.5, top_p: 0.9, min_p: 0.1 });
    assert.deepEqual(whole.sampling, { temperature: 0.5, top_p: 0.9, top_k: 0, min_p: 0.1, seed: 7 });
    assert.equal(whole.choices[0].token_ids.length, whole.usage.completion_tokens);
    const chunks = await collect(await ask({ stream: true, timings_per_token: true, return_token_ids: true, temperature: 0.5,
      top_p: 0.9, min_p: 0.1, stream_options: { include_usage: true, continuous_usage_stats: true } }));
    const counts = chunks.map((chunk) => chunk.usage.completion_tokens);
    assert.ok(counts.every((n, i) => i === 0 || n >= counts[i - 1]), `${counts}`);
    assert.ok(new Set(counts).size > 5, `${counts}`); // texts are joined if the client is slow
    assert.deepEqual([counts[0], counts.at(-1)], [0, whole.usage.completion_tokens]);
    assert.deepEqual(chunks.map((chunk) => chunk.timings.predicted_n), counts);
    assert.ok(chunks.every((chunk) => chunk.timings.prompt_n + chunk.timings.cache_n === whole.usage.prompt_tokens));
    assert.deepEqual(chunks.at(-2).choices[0].token_ids, whole.choices[0].token_ids);
    assert.deepEqual(chunks.at(-1).sampling, whole.sampling);
  });

  test('serves two streams at once with the answers they get alone', async () => {
    const questions = ['What is a delta?', 'What is an estuary?'].map((content) => [{ role: 'user', content }]);
    const alone = [];
    for (const messages of questions) alone.push((await ask({ messages })).choices[0].message.content);
    const streams = await Promise.all(questions.map((messages) => ask({ messages, stream: true }).then(collect)));
    assert.deepEqual(streams.map(text), alone);
  });

  test('stops at max_tokens', async () => {
    const answer = await ask({ max_tokens: 3 });
    assert.equal(answer.choices[0].finish_reason, 'length');
    assert.equal(answer.usage.completion_tokens, 3);
    const both = await ask({ max_tokens: 3, max_completion_tokens: 2 });
    assert.equal(both.usage.completion_tokens, 2);
  });

  test('stops at a stop string and does not return it', async () => {
    const content = (await ask()).choices[0].message.content;
    const stop = content.split(' ')[6];
    const expected = content.slice(0, content.indexOf(stop));
    const answer = await ask({ stop });
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.equal(answer.choices[0].message.content, expected);
    assert.equal(text(await collect(await ask({ stop: ['never in an answer', stop], stream: true }))), expected);
  });

  test('draws another answer for another seed and temperature', async () => {
    const answers = new Set();
    for (let seed = 0; seed < 8; seed++)
      answers.add((await ask({ seed, temperature: 2, top_p: 1 })).choices[0].message.content);
    assert.ok(answers.size > 1);
  });

  test('reports a seed that repeats an answer asked for without one', async () => {
    const first = await ask({ seed: undefined, temperature: 2 });
    const again = await ask({ seed: first.seed, temperature: 2 });
    assert.equal(again.choices[0].message.content, first.choices[0].message.content);
  });

  // The stub likes one token best and another second best, by e^3.
  const checkLogprobs = (entries, content) => {
    assert.equal(entries.map((entry) => entry.token).join(''), content);
    assert.equal(Buffer.from(entries.flatMap((entry) => entry.bytes)).toString(), content);
    for (const entry of entries) {
      assert.equal(entry.top_logprobs.length, 2);
      const [best, second] = entry.top_logprobs;
      assert.ok(best.logprob > second.logprob && best.logprob <= 0);
      assert.deepEqual(Buffer.from(best.bytes).toString(), best.token);
      assert.ok([0, -0.048587].includes(best.logprob), `${best.logprob}`);
      assert.equal(entry.logprob, best.logprob, 'greedy takes the best');
    }
  };

  test('tells log-probabilities in a document', async () => {
    const answer = await ask({ temperature: 0, logprobs: true, top_logprobs: 2 });
    const { message, logprobs } = answer.choices[0];
    assert.equal(logprobs.content.length, answer.usage.completion_tokens);
    assert.equal(logprobs.refusal, null);
    checkLogprobs(logprobs.content, message.content);
    const few = await ask({ temperature: 0, logprobs: true });
    assert.ok(few.choices[0].logprobs.content.every((entry) => entry.top_logprobs.length === 0));
  });

  test('tells the same log-probabilities in a stream', async () => {
    const request = { temperature: 0, logprobs: true, top_logprobs: 2 };
    const whole = await ask(request);
    const chunks = await collect(await ask({ ...request, stream: true }));
    const entries = chunks.flatMap((chunk) => chunk.choices[0].logprobs?.content ?? []);
    assert.equal(text(chunks), whole.choices[0].message.content);
    assert.deepEqual(entries, whole.choices[0].logprobs.content);
    assert.equal(chunks.at(-1).choices[0].logprobs, null);
  });

  // Words that begin an answer are 256 to 271, with logits of 10 and 7; bytes have -100.
  const withoutWords = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [256 + i, -100]));
  const greedy = async (logit_bias, more = {}) =>
    (await ask({ temperature: 0, max_tokens: 6, logit_bias: { ...withoutWords, ...logit_bias }, ...more })).choices[0];

  test('shows a token that is no whole character as it is in bytes', async () => {
    const { logprobs } = await greedy({ 0xc3: 100 }, { max_tokens: 1, logprobs: true });
    assert.deepEqual(logprobs.content.map(({ token, bytes }) => [token, bytes]), [['\ufffd', [0xc3]]]);
  });

  test('honours biases and penalties', async () => {
    const ab = { 65: 99, 66: 98.5 }; // A -1, B -1.5
    const content = async (more) => (await greedy(ab, more)).message.content;
    assert.equal(await content({}), 'AAAAAA');
    assert.equal(await content({ presence_penalty: 0, frequency_penalty: 0, repeat_penalty: 1 }), 'AAAAAA');
    assert.equal(await content({ presence_penalty: 2 }), 'ABAAAA');
    assert.equal(await content({ frequency_penalty: 2 }), 'ABABAB');
    assert.equal(await content({ repeat_penalty: 2 }), 'ABAAAA');
    assert.equal(await content({ repeat_penalty: 2, repeat_last_n: 1 }), 'ABABAB');
    assert.equal(await content({ repeat_penalty: 2, repeat_last_n: 0 }), 'AAAAAA');
    await assert.rejects(greedy({ 999999: 1 }), /999999 is not a token/);
  });

  test('lists and describes models', async () => {
    const models = (await openai.models.list()).data;
    assert.deepEqual(models.map((model) => model.id), ['stub']);
    assert.equal(models[0].status.value, 'loaded');
    assert.deepEqual(await openai.models.retrieve('stub'), models[0]);
    await assert.rejects(openai.models.retrieve('nobody'), (error) => {
      assert.ok(error instanceof NotFoundError);
      assert.equal(error.code, 'model_not_found');
      return true;
    });
  });

  const bad = (name, request, param, code, type = BadRequestError) =>
    test(`refuses ${name}`, () =>
      assert.rejects(ask(request), (error) => {
        assert.ok(error instanceof type, `${error}`);
        assert.equal(error.param, param);
        assert.equal(error.code, code);
        assert.equal(error.type, 'invalid_request_error');
        assert.ok(error.error.message.length > 0);
        return true;
      }));
  test('answers under any name, since it has only this model', async () => {
    const { data, response } = await openai.chat.completions.create({ model: 'gpt-none', messages: HELLO, max_tokens: 1 }).withResponse();
    assert.equal(data.model, 'stub');
    assert.equal(response.headers.get('spillway-ignored'), 'model');
  });

  test('continues texts, alone and together, whole and streamed', async () => {
    const complete = (more) => openai.completions.create({ model: 'stub', seed: 7, ...more });
    const one = await complete({ prompt: 'Once' });
    assert.equal(one.object, 'text_completion');
    assert.match(one.id, /^cmpl-/);
    const both = await complete({ prompt: ['Once', 'Twice'], n: 2 });
    assert.deepEqual(both.choices.map((choice) => choice.index), [0, 1, 2, 3]);
    assert.equal(both.choices[0].text, one.choices[0].text);
    assert.equal(both.choices[2].text, (await complete({ prompt: 'Twice' })).choices[0].text);
    const chunks = await collect(await complete({ prompt: 'Once', stream: true, stream_options: { include_usage: true } }));
    assert.equal(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join(''), one.choices[0].text);
    assert.equal(chunks.at(-2).choices[0].finish_reason, 'stop');
    assert.deepEqual(chunks.at(-1).usage, { ...one.usage, prompt_tokens_details: chunks.at(-1).usage.prompt_tokens_details });
  });
  test('gives the log-probabilities of a text', async () => {
    const text = 'Once upon a time';
    const { choices, usage } = await openai.completions.create({ model: 'stub', prompt: text, echo: true, max_tokens: 0, logprobs: 2 });
    const { tokens, token_logprobs, top_logprobs, text_offset } = choices[0].logprobs;
    assert.equal(choices[0].text, text);
    assert.equal(choices[0].finish_reason, 'length');
    assert.equal(usage.completion_tokens, 0);
    assert.equal(tokens.length, usage.prompt_tokens);
    assert.equal(tokens.join(''), text);
    assert.equal(token_logprobs[0], null);
    assert.ok(token_logprobs.slice(1).every((p) => p <= 0));
    assert.ok(top_logprobs.slice(1).every((top) => Object.keys(top).length === 2));
    tokens.reduce((offset, token, i) => (assert.equal(text_offset[i], offset), offset + token.length), 0);
    const chunks = await collect(await openai.completions.create({ model: 'stub', prompt: text, echo: true, max_tokens: 0, logprobs: 2, stream: true }));
    assert.deepEqual(chunks.flatMap((chunk) => chunk.choices[0].logprobs?.token_logprobs ?? []), token_logprobs);
    assert.deepEqual(chunks.flatMap((chunk) => chunk.choices[0].logprobs?.text_offset ?? []), text_offset);
  });
  test('answers to more prompts than are generated together', async () => {
    const prompt = Array.from({ length: 100 }, (_, i) => `Prompt ${i}`);
    const { choices } = await openai.completions.create({ model: 'stub', prompt, max_tokens: 3, seed: 7 });
    assert.equal(choices.length, 100);
    const alone = await openai.completions.create({ model: 'stub', prompt: prompt[99], max_tokens: 3, seed: 7 });
    assert.equal(choices[99].text, alone.choices[0].text);
  });
  test('embeds texts, with the same bits alone and together', async () => {
    const input = Array.from({ length: 70 }, (_, i) => `Text ${i}`);
    const { data, usage } = await openai.embeddings.create({ model: 'stub', input }); // the client asks for base64
    assert.deepEqual(data.map((row) => row.index), input.map((_, i) => i));
    assert.ok(usage.prompt_tokens > input.length && usage.total_tokens === usage.prompt_tokens);
    const alone = await openai.embeddings.create({ model: 'stub', input: input[69], encoding_format: 'float' });
    assert.deepEqual(Float32Array.from(data[69].embedding), Float32Array.from(alone.data[0].embedding));
    assert.ok(Math.abs(Math.hypot(...alone.data[0].embedding) - 1) < 1e-5);
    await assert.rejects(openai.embeddings.create({ model: 'stub', input: 'a', dimensions: 3 }),
      (error) => error instanceof BadRequestError && error.param === 'dimensions');
  });
  test('refuses what it cannot complete by its name', async () => {
    await assert.rejects(openai.completions.create({ model: 'stub', prompt: 'a', suffix: 'b' }),
      (error) => error instanceof BadRequestError && error.param === 'suffix');
    await assert.rejects(openai.completions.create({ model: 'stub', prompt: [1e6] }), BadRequestError);
    await assert.rejects(openai.completions.create({ model: 'stub', prompt: 'river '.repeat(20000) }),
                         (error) => error.code === 'context_length_exceeded' && error.param === 'prompt');
  });

  bad('no messages', { messages: [] }, 'messages', 'invalid_value');
  bad('a message without a role', { messages: [{ content: 'x' }] }, 'messages[0].role', 'missing_required_parameter');
  bad('content of a wrong type', { messages: [{ role: 'user', content: 5 }] }, 'messages[0].content', 'invalid_type');
  bad('a temperature of 3', { temperature: 3 }, 'temperature', 'invalid_value');
  bad('nine choices', { n: 9 }, 'n', 'invalid_value');
  bad('JSON mode', { response_format: { type: 'json_object' } }, 'response_format', 'unsupported_value');
  bad('tools', { tools: [{ type: 'function', function: { name: 'f' } }] }, 'tools', 'unsupported_parameter');
  bad('21 most likely tokens', { logprobs: true, top_logprobs: 21 }, 'top_logprobs', 'invalid_value');
  bad('most likely tokens without log-probabilities', { top_logprobs: 2 }, 'top_logprobs', 'invalid_value');
  bad('a presence penalty of 3', { presence_penalty: 3 }, 'presence_penalty', 'invalid_value');
  bad('a frequency penalty that is no number', { frequency_penalty: 'much' }, 'frequency_penalty', 'invalid_type');
  bad('a repetition penalty of 0', { repeat_penalty: 0 }, 'repeat_penalty', 'invalid_value');
  bad('a window of -2 tokens', { repeat_last_n: -2 }, 'repeat_last_n', 'invalid_value');
  bad('a bias of 101', { logit_bias: { 65: 101 } }, 'logit_bias', 'invalid_value');
  bad('a bias of a word', { logit_bias: { river: 1 } }, 'logit_bias', 'invalid_value');
  bad('a bias that is no number', { logit_bias: { 65: true } }, 'logit_bias', 'invalid_type');
  bad('1025 biases', { logit_bias: Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [i, 0])) }, 'logit_bias',
      'invalid_value');
  bad('a prompt that does not fit', { messages: [{ role: 'user', content: 'river '.repeat(20000) }] }, 'messages',
      'context_length_exceeded');
  bad('the same in a stream, before it begins',
      { stream: true, messages: [{ role: 'user', content: 'river '.repeat(20000) }] }, 'messages',
      'context_length_exceeded');
});

describe('a slow server with one slot', () => {
  let server, openai;
  before(async () => {
    server = await Server.start(['stub:', '--stub-rate', '20', '--parallel', '1']);
    openai = client(server);
  });
  after(() => server.stop());

  test('frees the slot of a client that goes away in the middle', async () => {
    const stream = await openai.chat.completions.create({
      model: 'stub', messages: HELLO, stream: true, ignore_eos: true, max_tokens: 4000,
    });
    for await (const chunk of stream) {
      if (chunk.choices[0].delta.content) break; // leaving the loop aborts the request
    }
    stream.controller.abort();
    await server.untilIdle();
    assert.equal((await server.health()).slots_idle, 1);
  });

  test('frees the place of a client that goes away while it waits', async () => {
    const first = new AbortController(), second = new AbortController();
    const body = { messages: HELLO, stream: true, ignore_eos: true, max_tokens: 4000 };
    const running = await server.chat(body, { signal: first.signal });
    await running.body.getReader().read();
    const waiting = await server.chat(body, { signal: second.signal });
    assert.equal(waiting.status, 200);
    second.abort();
    first.abort();
    await server.untilIdle();
    const answer = await openai.chat.completions.create({ model: 'stub', messages: HELLO, max_tokens: 1 });
    assert.equal(answer.usage.completion_tokens, 1);
  });
});

describe('a server with a key', () => {
  let server;
  before(async () => (server = await Server.start(['stub:', '--api-key', 'sesame'])));
  after(() => server.stop());

  test('wants it for chats', async () => {
    const ask = (key) => client(server, key).chat.completions.create({ model: 'stub', messages: HELLO, max_tokens: 1 });
    await assert.rejects(ask('wrong'), (error) => {
      assert.ok(error instanceof AuthenticationError);
      assert.equal(error.code, 'invalid_api_key');
      assert.equal(error.headers['www-authenticate'], 'Bearer');
      return true;
    });
    assert.equal((await ask('sesame')).usage.completion_tokens, 1);
    const other = await server.chat({ messages: HELLO, max_tokens: 1 }, { headers: { 'x-api-key': 'sesame' } });
    assert.equal(other.status, 200);
  });

  test('shows health and models without it', async () => {
    assert.equal((await client(server, 'wrong').models.list()).data.length, 1);
    assert.equal((await server.health()).status, 'ok');
  });
});
