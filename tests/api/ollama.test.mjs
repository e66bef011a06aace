// Ollama's official client, as an application uses it; and /api/generate, which shimmy's clients use too.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Ollama } from 'ollama';

import { HELLO, Server, until } from './server.mjs';

const client = (server) => new Ollama({ host: server.url });

async function collect(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

describe("Ollama's chats and completions of the stub model", () => {
  let server, ollama;
  const options = { seed: 7, num_predict: 400 };
  const chat = (more = {}) => ollama.chat({ model: 'stub', messages: HELLO, options, ...more });

  before(async () => {
    server = await Server.start(['stub:', '--ctx-size', '4096']);
    ollama = client(server);
  });
  after(() => server.stop());

  const checkEnd = (end) => {
    assert.deepEqual([end.model, end.done, end.done_reason], ['stub', true, 'stop']);
    assert.ok(Math.abs(Date.parse(end.created_at) - Date.now()) < 60_000);
    assert.ok(end.prompt_eval_count > 0 && end.eval_count > 0);
    for (const name of ['total_duration', 'load_duration', 'prompt_eval_duration', 'eval_duration'])
      assert.ok(Number.isInteger(end[name]) && end[name] >= 0, name);
    assert.ok(end.total_duration >= end.eval_duration);
  };

  test('answers a chat in one document and in lines with the same text', async () => {
    const whole = await chat();
    checkEnd(whole);
    assert.equal(whole.message.role, 'assistant');
    assert.ok(whole.message.content.length > 0);
    const parts = await collect(await chat({ stream: true }));
    checkEnd(parts.at(-1));
    assert.equal(parts.map((part) => part.message.content).join(''), whole.message.content);
    assert.ok(parts.slice(0, -1).every((part) => part.done === false));
    assert.equal(parts.at(-1).eval_count, whole.eval_count);
  });

  test('answers a completion in one document and in lines with the same text', async () => {
    const request = { model: 'stub', prompt: 'Tell me about rivers.', options };
    const whole = await ollama.generate(request);
    checkEnd(whole);
    const parts = await collect(await ollama.generate({ ...request, stream: true }));
    checkEnd(parts.at(-1));
    assert.equal(parts.map((part) => part.response).join(''), whole.response);
    assert.equal(whole.response, (await chat()).message.content, 'a prompt is a question');
    const raw = await ollama.generate({ ...request, raw: true });
    assert.ok(raw.prompt_eval_count < whole.prompt_eval_count, 'without the frame of a chat');
  });

  test('streams a completion without options, since the client says whose it is', async () => {
    const parts = await collect(await ollama.generate({ model: 'stub', prompt: 'Tell me about rivers.', stream: true }));
    checkEnd(parts.at(-1));
  });
  test('finds the server where it looks for one', async () => {
    for (const method of ['GET', 'HEAD']) assert.equal((await fetch(server.url, { method })).status, 200);
    assert.match(await (await fetch(server.url)).text(), /^spillway /);
  });

  test('streams by default, as lines of JSON', async () => {
    const response = await fetch(`${server.url}/api/chat`, {
      method: 'POST', body: JSON.stringify({ model: 'stub:latest', messages: HELLO, options: { num_predict: 3 } }),
    });
    assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
    const lines = (await response.text()).split('\n');
    assert.equal(lines.pop(), '', 'the last line ends too');
    assert.ok(lines.length >= 2);
    assert.equal(JSON.parse(lines.at(-1)).done_reason, 'length');
  });

  test('loads and unloads a model without generating', async () => {
    const load = await ollama.chat({ model: 'stub' });
    assert.deepEqual([load.done_reason, load.message.content, load.eval_count], ['load', '', 0]);
    const unload = await ollama.generate({ model: 'stub', prompt: '', keep_alive: 0 });
    assert.deepEqual([unload.done_reason, unload.response], ['unload', '']);
    const [line, ...rest] = await collect(await ollama.chat({ model: 'stub', stream: true, keep_alive: '5m' }));
    assert.deepEqual([line.done_reason, rest.length], ['load', 0]);
  });

  test('lists and describes models', async () => {
    const { models } = await ollama.list();
    assert.deepEqual(models.map((model) => [model.name, model.model]), [['stub:latest', 'stub:latest']]);
    assert.match(models[0].digest, /^[0-9a-f]{64}$/);
    assert.equal(models[0].details.format, 'gguf');
    assert.deepEqual((await ollama.ps()).models.map((model) => model.name), ['stub:latest']);
    const shown = await ollama.show({ model: models[0].name });
    assert.deepEqual(shown.capabilities, ['completion']);
    assert.equal(shown.parameters, 'num_ctx 4096');
    assert.match((await ollama.version()).version, /^\d+\.\d+\.\d+$/);
  });

  test('embeds texts', async () => {
    const { embeddings, prompt_eval_count } = await ollama.embed({ model: 'stub', input: ['river', 'a delta', 'river'] });
    assert.equal(embeddings.length, 3);
    assert.ok(prompt_eval_count >= 3);
    for (const vector of embeddings) assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-5);
    assert.deepEqual(embeddings[0], embeddings[2]);
    assert.deepEqual((await ollama.embed({ model: 'stub', input: 'river' })).embeddings, [embeddings[0]]);
  });

  const refuses = (what, call, status, pattern) =>
    test(`refuses ${what} with the client's own error`, () =>
      assert.rejects(call(), (error) => {
        assert.equal(error.name, 'ResponseError');
        assert.equal(error.status_code, status);
        assert.equal(typeof error.error, 'string');
        assert.match(error.error, pattern);
        return true;
      }));
  refuses('JSON mode', () => chat({ format: 'json' }), 400, /^format /);
  refuses('tools', () => chat({ tools: [{ type: 'function', function: { name: 'f' } }] }), 400, /^tools /);
  refuses('a wrong option', () => chat({ options: { temperature: 9 } }), 400, /^options\.temperature /);
  refuses('an image', () => ollama.generate({ model: 'stub', prompt: 'x', images: ['AAAA'] }), 400, /^images /);
  refuses('to describe an unknown model', () => ollama.show({ model: 'nobody' }), 404, /'nobody' is not known/);
  refuses('to pull', () => ollama.pull({ model: 'x' }), 501, /^\/api\/pull is not supported/);
  refuses('to push', () => ollama.push({ model: 'x' }), 501, /^\/api\/push /);
  refuses('to create', () => ollama.create({ model: 'x', from: 'y' }), 501, /^\/api\/create /);
  refuses('to copy', () => ollama.copy({ source: 'x', destination: 'y' }), 501, /^\/api\/copy /);
  refuses('to delete', () => ollama.delete({ model: 'x' }), 501, /^\/api\/delete /);

  test('writes what HTTP refuses in the form of this family', async () => {
    const ask = async (path, options) => {
      const response = await fetch(`${server.url}${path}`, options);
      return [response.status, (await response.json()).error];
    };
    const [status, unknown] = await ask('/api/nothing');
    assert.deepEqual([status, typeof unknown], [404, 'string']);
    assert.equal(typeof (await ask('/api/chat'))[1], 'string');
    assert.equal((await ask('/api/generate'))[1].code, 'method_not_allowed', "shimmy's has all members");
    assert.equal(typeof (await ask('/api/generate', { headers: { accept: 'application/x-ndjson' } }))[1], 'string');
  });
});

describe('/api/generate', () => {
  const request = { model: 'stub', prompt: 'Tell me about rivers.', seed: 7, max_tokens: 40 };
  const ask = (server, more = {}, headers = {}) =>
    fetch(`${server.url}/api/generate`, { method: 'POST', body: JSON.stringify({ ...request, ...more }), headers });
  const type = (response) => response.headers.get('content-type').split(';')[0];
  const pieces = (text) => text.split('\n\n').filter((event) => event.startsWith('data: ')).map((event) => event.slice(6));

  for (const [as, expected] of Object.entries({
    auto: { plain: 'text/event-stream', lines: 'application/x-ndjson', member: 'application/x-ndjson' },
    shimmy: { plain: 'text/event-stream', lines: 'text/event-stream' },
    ollama: { plain: 'application/x-ndjson', lines: 'application/x-ndjson', member: 'application/x-ndjson' },
  })) {
    test(`takes requests of ${as}`, async () => {
      const server = await Server.start(['stub:', '--api-generate', as]);
      try {
        assert.equal(type(await ask(server)), expected.plain);
        assert.equal(type(await ask(server, {}, { accept: 'application/json' })), expected.plain);
        assert.equal(type(await ask(server, {}, { accept: 'application/json, Application/X-NDJSON;q=0.9' })), expected.lines);
        const member = await ask(server, { keep_alive: '5m' });
        if (expected.member) assert.equal(type(member), expected.member);
        const error = (await (await ask(server, { temperature: 9 })).json()).error;
        assert.equal(typeof error, expected.plain === 'text/event-stream' ? 'object' : 'string');
      } finally {
        await server.stop();
      }
    });
  }

  test('streams raw text, and answers whole with the members of both', async () => {
    const server = await Server.start(['stub:']);
    try {
      const whole = await (await ask(server, { stream: false })).json();
      assert.deepEqual(['response', 'model', 'created_at', 'done', 'done_reason', 'total_duration', 'load_duration',
                        'prompt_eval_count', 'prompt_eval_duration', 'eval_count', 'eval_duration', 'usage', 'timings']
                         .filter((name) => !(name in whole)), []);
      const text = pieces(await (await ask(server)).text());
      assert.equal(text.pop(), '[DONE]');
      assert.ok(text.length > 1);
      assert.equal(text.join(''), whole.response);
      const chat = await (await ask(server, { prompt: undefined, messages: HELLO, stream: false })).json();
      assert.equal(chat.response, whole.response);
    } finally {
      await server.stop();
    }
  });

  test('keeps the line ends of a text', async () => {
    const server = await Server.start(['stub:']);
    try {
      // Of the stub's tokens only LF and the letter A are left; A is less likely each time that it was said.
      const words = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [256 + i, -100]));
      const odd = { temperature: 0, max_tokens: 6, logit_bias: { ...words, 10: 99, 65: 98.5 }, frequency_penalty: 2 };
      const whole = await (await ask(server, { ...odd, stream: false })).json();
      assert.match(whole.response, /^\nA\nA/);
      const events = (await (await ask(server, odd)).text()).split('\n\n').filter((event) => event.startsWith('data: '));
      const text = events.map((event) => event.split('\n').map((line) => line.replace(/^data: ?/, '')).join('\n'));
      assert.equal(text.pop(), '[DONE]');
      assert.equal(text.join(''), whole.response);
    } finally {
      await server.stop();
    }
  });

  test('has the statuses and errors of the original', async () => {
    const server = await Server.start(['--model-dirs', '../../models']);
    try {
      const unknown = await ask(server, { model: 'nobody' });
      assert.equal(unknown.status, 404);
      assert.equal((await unknown.json()).error.code, 'model_not_found');
    } finally {
      await server.stop();
    }
  });
});

describe('a slow server with a model that reasons', () => {
  let server, slow, ollama;
  before(async () => {
    slow = await Server.start(['stub:', '--stub-rate', '20']);
    server = await Server.start(['--model-dirs', '../../models', '--default-model', 'demo-gpt-oss', '--ctx-size', '1024']);
    ollama = client(server);
  });
  after(() => Promise.all([server.stop(), slow.stop()]));

  test('frees the slot of a client that aborts', async () => {
    const stream = await client(slow).chat({ model: 'stub', messages: HELLO, stream: true, options: { ignore_eos: true } });
    for await (const part of stream) {
      assert.equal(part.done, false);
      break;
    }
    stream.abort();
    await slow.untilIdle();
  });

  test('shows its reasoning beside the content, unless it is told not to', async () => {
    const request = { model: 'demo-gpt-oss:latest', messages: [{ role: 'user', content: 'What is 12 + 30?' }], options: { temperature: 0 } };
    const whole = await ollama.chat(request);
    assert.ok(whole.message.thinking.length > 0 && whole.message.content.length > 0);
    const parts = await collect(await ollama.chat({ ...request, stream: true, think: true }));
    assert.equal(parts.map((part) => part.message.thinking ?? '').join(''), whole.message.thinking);
    assert.equal(parts.map((part) => part.message.content).join(''), whole.message.content);
    const plain = await ollama.chat({ ...request, think: false });
    assert.deepEqual(plain.message, { role: 'assistant', content: whole.message.content });
  });

  test('has the facts that clients look at', async () => {
    const shown = await ollama.show({ model: 'demo-gpt-oss' });
    assert.deepEqual(shown.capabilities, ['completion', 'thinking']);
    const arch = shown.model_info['general.architecture'];
    assert.equal(shown.model_info[`${arch}.context_length`], 4096);
    const { models } = await ollama.list();
    const listed = models.find((model) => model.name === 'demo-gpt-oss:latest');
    assert.deepEqual([listed.details.family, listed.details.quantization_level], ['gptoss', 'MXFP4']);
    assert.equal(new Set(models.map((model) => model.digest)).size, models.length);
    const [loaded] = (await ollama.ps()).models;
    assert.ok(loaded.size > 0 && loaded.size_vram >= 0 && Date.parse(loaded.expires_at) > Date.now());
  });

  test('keeps a model for as long as it is asked to', async () => {
    const model = 'demo-phimoe';
    const ps = async () => (await ollama.ps()).models.find((row) => row.name === `${model}:latest`);
    const unload = () => ollama.generate({ model, prompt: '', keep_alive: 0 });
    assert.equal((await unload()).done_reason, 'unload');
    assert.equal(await ps(), undefined, 'it was not loaded for that');
    assert.equal((await ollama.chat({ model, keep_alive: '10m' })).done_reason, 'load');
    const seconds = (Date.parse((await ps()).expires_at) - Date.now()) / 1000;
    assert.ok(seconds > 300 && seconds < 602, `${seconds}`);
    await ollama.chat({ model, keep_alive: -1 });
    assert.match((await ps()).expires_at, /^9999-/);
    assert.equal((await unload()).done_reason, 'unload');
    await until(async () => (await ps()) === undefined, 'the model to be unloaded');
  });

  test('answers a chat of OpenAI under a name of this list', async () => {
    const answer = await (await server.chat({ model: 'demo-gpt-oss:latest', messages: HELLO, max_tokens: 1 })).json();
    assert.equal(answer.model, 'demo-gpt-oss');
  });
});
