// llama-server's interface, as the curl lines of its documentation and editors use it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { HELLO, Server, until } from './server.mjs';

const run = promisify(execFile);

describe("llama-server's interface of the stub model", () => {
  let server;
  before(async () => (server = await Server.start(['stub:', '--ctx-size', '2048', '--parallel', '2'])));
  after(() => server.stop());

  async function send(path, body, method = 'POST') {
    const response = await fetch(server.url + path, { method, body: body && JSON.stringify(body) });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  async function ask(path, body, method) {
    const answer = await send(path, body, method);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  }

  async function refuses(path, body, status, code, param, method) {
    const { status: got, body: { error } } = await send(path, body, method);
    assert.deepEqual([got, error.code, error.param], [status, code, param ?? null], `${path}: ${error.message}`);
    return error.message;
  }

  async function stream(body) {
    const response = await fetch(`${server.url}/completion`, { method: 'POST', body: JSON.stringify({ ...body, stream: true }) });
    assert.match(response.headers.get('content-type'), /^text\/event-stream/);
    const events = (await response.text()).split('\n\n').filter((event) => event.startsWith('data: '));
    return events.map((event) => JSON.parse(event.slice(6)));
  }

  test('answers the curl lines of its documentation', async () => {
    const curl = async (path, body) => JSON.parse((await run('curl', [
      '--silent', '--request', 'POST', '--url', server.url + path, '--header', 'Content-Type: application/json',
      '--data', body,
    ])).stdout);
    const answer = await curl('/completion',
                              '{"prompt": "Building a website can be done in 10 simple steps:","n_predict": 128}');
    assert.ok(answer.content.length > 0 && answer.tokens_predicted > 0 && answer.tokens_predicted <= 128);
    assert.equal(answer.stop, true);
    assert.equal(answer.model, 'stub');
    const { tokens } = await curl('/tokenize', '{"content": "Hello world!", "with_pieces": true}');
    assert.equal(tokens.map((token) => token.piece).join(''), 'Hello world!');
    assert.deepEqual(await curl('/detokenize', JSON.stringify({ tokens: tokens.map((token) => token.id) })),
                     { content: 'Hello world!' });
    assert.equal(typeof (await curl('/apply-template', JSON.stringify({ messages: HELLO }))).prompt, 'string');
    assert.equal(JSON.parse((await run('curl', ['--silent', `${server.url}/props`])).stdout).total_slots, 2);
    assert.equal(JSON.parse((await run('curl', ['--silent', `${server.url}/slots`])).stdout).length, 2);
    assert.equal(JSON.parse((await run('curl', ['--silent', `${server.url}/v1/health`])).stdout).status, 'ok');
  });

  test('streams the same objects, whose text is that of the whole answer', async () => {
    const body = { prompt: 'Rivers', n_predict: 12, seed: 3 };
    const whole = await ask('/completion', body);
    const parts = await stream(body);
    assert.equal(parts.map((part) => part.content).join(''), whole.content);
    assert.ok(parts.slice(0, -1).every((part) => part.stop === false));
    const end = parts.at(-1);
    for (const name of ['stop', 'stop_type', 'stopping_word', 'tokens_predicted', 'tokens_evaluated', 'model', 'seed'])
      assert.deepEqual(end[name], whole[name], name);
    assert.equal(end.tokens_cached, end.timings.cache_n);
    assert.equal(end.timings.predicted_n, 12);
  });

  test('says why an answer stopped', async () => {
    const body = { prompt: 'Rivers', seed: 1 };
    const limited = await ask('/completion', { ...body, n_predict: 3 });
    assert.deepEqual([limited.stop_type, limited.stopping_word, limited.tokens_predicted], ['limit', '', 3]);
    const whole = await ask('/completion', body);
    assert.deepEqual([whole.stop_type, whole.stopping_word], ['eos', '']);
    const word = whole.content.split(' ')[2];
    const stopped = await ask('/completion', { ...body, stop: ['no such text', ` ${word}`] });
    assert.deepEqual([stopped.stop_type, stopped.stopping_word], ['word', ` ${word}`]);
    assert.ok(whole.content.startsWith(`${stopped.content} ${word}`));
    const none = await ask('/completion', { ...body, n_predict: 0 });
    assert.deepEqual([none.stop_type, none.content, none.tokens_predicted], ['limit', '', 0]);
    assert.equal(none.tokens_evaluated, 'Rivers'.length);
  });

  test('evaluates what /apply-template returns as the chat itself', async () => {
    const options = { seed: 5, max_tokens: 30 };
    const chat = await (await server.chat({ messages: HELLO, ...options })).json();
    const { prompt } = await ask('/apply-template', { messages: HELLO });
    const completion = await ask('/completion', { prompt, seed: 5, n_predict: 30 });
    assert.equal(completion.tokens_evaluated, chat.usage.prompt_tokens);
    assert.equal(completion.content, chat.choices[0].message.content);
  });

  test('answers several prompts with an array, and numbers their parts in a stream', async () => {
    const body = { prompt: ['Rivers', [76, 97, 107, 101]], n_predict: 5, seed: 2 };
    const answers = await ask('/completion', body);
    assert.deepEqual(answers.map((answer) => [answer.index, answer.tokens_evaluated]), [[0, 6], [1, 4]]);
    assert.equal(answers[1].content, (await ask('/completion', { ...body, prompt: 'Lake' })).content);
    const parts = await stream(body);
    assert.equal(parts.filter((part) => part.stop).length, 2);
    for (const { index, content } of answers)
      assert.equal(parts.filter((part) => part.index === index).map((part) => part.content).join(''), content);
  });

  test('has the probabilities of tokens, whole and in a stream', async () => {
    const body = { prompt: 'Rivers', n_predict: 4, n_probs: 3, seed: 1 };
    const { completion_probabilities: list, content } = await ask('/completion', body);
    assert.equal(list.length, 4);
    assert.equal(list.map((token) => token.token).join(''), content);
    for (const token of list) {
      assert.equal(token.top_logprobs.length, 3);
      assert.ok(Number.isInteger(token.id) && token.logprob <= 0);
      assert.equal(Buffer.from(token.bytes).toString(), token.token);
    }
    assert.equal((await ask('/detokenize', { tokens: list.map((token) => token.id) })).content, content);
    assert.deepEqual((await stream(body)).flatMap((part) => part.completion_probabilities ?? []), list);
  });

  test('reports the progress of a prompt', async () => {
    const parts = await stream({ prompt: 'x'.repeat(1500), n_predict: 1, return_progress: true });
    const progress = parts.filter((part) => part.prompt_progress).map((part) => part.prompt_progress);
    assert.ok(progress.length > 0 && progress.every((p) => p.total === 1500 && p.processed <= 1500));
  });

  test('bans a token by a pair with false', async () => {
    const [first] = (await ask('/completion', { prompt: 'Rivers', n_predict: 1, n_probs: 1, temperature: 0 }))
      .completion_probabilities;
    const banned = await ask('/completion', { prompt: 'Rivers', n_predict: 1, temperature: 0, logit_bias: [[first.id, false]] });
    assert.notEqual(banned.content, first.token);
  });

  test('tokenizes control tokens as such, or as text', async () => {
    const text = '<|im_start|>é';
    const parsed = (await ask('/tokenize', { content: text, with_pieces: true })).tokens;
    assert.deepEqual(parsed.map((token) => token.piece), ['<|im_start|>', [0xc3], [0xa9]]);
    const plain = (await ask('/tokenize', { content: text, parse_special: false })).tokens;
    assert.deepEqual(plain, [...Buffer.from(text)]);
    assert.equal((await ask('/detokenize', { tokens: plain })).content, text);
    assert.deepEqual((await ask('/tokenize', { content: '' })).tokens, []);
    assert.equal((await ask('/detokenize', { tokens: [] })).content, '');
  });

  test('refuses tokens that do not exist, and bodies that it does not understand', async () => {
    const message = await refuses('/detokenize', { tokens: [72, 1234567] }, 400, 'invalid_value', 'tokens[1]');
    assert.match(message, /tokens\[1\] is 1234567, but the tokens of this model are 0 to 455/);
    await refuses('/tokenize', {}, 400, 'missing_required_parameter', 'content');
    await refuses('/tokenize', { content: 'a', model: 'none', add_special: 'x' }, 400, 'invalid_type', 'add_special');
    await refuses('/completion', { prompt: [1, 'a'] }, 400, 'unsupported_value', 'prompt');
    await refuses('/completion', { prompt: [[1, 999999]] }, 400, 'invalid_value');
    await refuses('/completion', { prompt: 'x'.repeat(5000) }, 400, 'context_length_exceeded', 'prompt');
    await refuses('/v1/embeddings', { input: ['a', 'x'.repeat(5000)] }, 400, 'context_length_exceeded', 'input');
    await refuses('/v1/chat/completions', { messages: [{ role: 'user', content: 'x'.repeat(5000) }] }, 400,
                  'context_length_exceeded', 'messages');
    const { headers } = await send('/tokenize', { content: 'a', special: true });
    assert.equal(headers.get('spillway-ignored'), 'special');
  });

  test('describes the model without its folder', async () => {
    const props = await ask('/props', undefined, 'GET');
    assert.equal(props.default_generation_settings.n_ctx, 2048);
    assert.equal(props.default_generation_settings.params.n_predict, -1);
    assert.deepEqual(props.modalities, { vision: false, audio: false });
    assert.deepEqual([props.model_path, props.model_alias, props.is_sleeping], ['stub:', 'stub', false]);
    assert.equal((await ask('/props?model=stub', undefined, 'GET')).total_slots, 2);
    await refuses('/props?model=none', undefined, 404, 'model_not_found', 'model', 'GET');
    await refuses('/props?other=1', undefined, 400, 'unsupported_parameter', 'other', 'GET');
  });

  test('refuses by name what it does not have', async () => {
    assert.match(await refuses('/infill', { input_prefix: 'a', input_suffix: 'b' }, 501, 'not_supported'), /^\/infill/);
    for (const path of ['/props', '/slots/0?action=erase', '/embedding', '/rerank', '/reranking', '/v1/rerank',
                        '/v1/reranking', '/lora-adapters'])
      await refuses(path, {}, 501, 'not_supported');
    await refuses('/lora-adapters', undefined, 501, 'not_supported', null, 'GET');
  });
});

describe('the sequences of a slow model', () => {
  let server;
  const slots = async () => (await fetch(`${server.url}/slots`)).json();
  before(async () => (server = await Server.start(['stub:', '--parallel', '2', '--stub-rate', '5'])));
  after(() => server.stop());

  test('are shown without the text of their prompts', async () => {
    const controller = new AbortController();
    const response = await fetch(`${server.url}/completion`, {
      method: 'POST', signal: controller.signal,
      body: JSON.stringify({ prompt: 'a secret', stream: true, ignore_eos: true }),
    });
    await response.body.getReader().read();
    const busy = await until(async () => {
      const running = (await slots()).filter((slot) => slot.next_token.n_decoded > 0);
      return running.length > 0 && running;
    }, 'a slot to be busy');
    assert.deepEqual(busy.map((slot) => [slot.is_processing, slot.n_prompt_tokens]), [[true, 'a secret'.length]]);
    assert.ok(!JSON.stringify(await slots()).includes('secret'));
    controller.abort();
    await until(async () => (await slots()).every((slot) => !slot.is_processing), 'all slots to be idle');
    const idle = await slots();
    assert.deepEqual(idle.map((slot) => [slot.id, slot.n_prompt_tokens, slot.next_token.n_decoded]), [[0, 0, 0], [1, 0, 0]]);
    assert.equal(idle.filter((slot) => slot.n_tokens >= 'a secret'.length).length, 1, 'what was evaluated is kept');
  });
});

describe('a server without a loaded model, and with --no-slots', () => {
  let server;
  before(async () => (server = await Server.start(['--model-dirs', '/dev/null', '--no-slots'], { ready: false })));
  after(() => server.stop());

  const refuses = async (path, status, code) => {
    const response = await fetch(server.url + path);
    const { error } = await response.json();
    assert.deepEqual([response.status, error.code], [status, code]);
    return error.message;
  };

  test('says that there is none', async () => assert.match(await refuses('/props', 503, 'no_model'), /no model was found/));
  test('does not show slots', () => refuses('/slots', 501, 'not_supported'));
});
