// The AI SDK (`ai`) with its provider for servers of OpenAI's interface.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embed, embedMany, generateText, streamText } from 'ai';

import { HELLO, Server } from '../api/server.mjs';

const provider = (server) => createOpenAICompatible({ name: 'spillway', baseURL: `${server.url}/v1`, includeUsage: true });
const request = { messages: HELLO, seed: 7, temperature: 0.8, maxRetries: 0 };

async function collect(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

describe('the stub model', () => {
  let server, model;
  before(async () => {
    server = await Server.start(['stub:']);
    model = provider(server)('stub');
  });
  after(() => server.stop());

  test('generates a text, and streams the same', async () => {
    const whole = await generateText({ model, ...request });
    assert.ok(whole.text.length > 0);
    assert.equal(whole.finishReason, 'stop');
    assert.ok(whole.usage.inputTokens > 0 && whole.usage.outputTokens > 0);
    const stream = streamText({ model, ...request });
    assert.equal((await collect(stream.textStream)).join(''), whole.text);
    assert.equal(await stream.finishReason, 'stop');
    assert.equal((await stream.usage).outputTokens, whole.usage.outputTokens);
    const short = await generateText({ model, ...request, maxOutputTokens: 3 });
    assert.deepEqual([short.finishReason, short.usage.outputTokens], ['length', 3]);
  });

  test('completes a text', async () => {
    const { messages, ...rest } = request;
    const { text } = await generateText({ model: provider(server).completionModel('stub'), prompt: 'Once', ...rest });
    assert.ok(text.length > 0);
  });

  test('embeds one and many', async () => {
    const embedding = provider(server).embeddingModel('stub');
    const values = Array.from({ length: 30 }, (_, i) => `Text ${i}`);
    const { embeddings, usage } = await embedMany({ model: embedding, values, maxRetries: 0 });
    assert.equal(embeddings.length, 30);
    assert.ok(usage.tokens >= 30);
    assert.deepEqual((await embed({ model: embedding, value: 'Text 29', maxRetries: 0 })).embedding, embeddings[29]);
  });

  test('refuses with the message of the server', async () => {
    await assert.rejects(generateText({ model, ...request, temperature: 3 }),
      (error) => error.name === 'AI_APICallError' && error.statusCode === 400 && /^temperature /.test(error.message));
    let failed;
    const stream = streamText({ model, ...request, temperature: 3, onError: ({ error }) => (failed = error) });
    await collect(stream.textStream);
    assert.equal(failed.statusCode, 400);
    assert.match(failed.message, /^temperature /);
  });
});

test('a stream that is aborted frees its slot', async () => {
  const server = await Server.start(['stub:', '--stub-rate', '20', '--parallel', '1']);
  try {
    const controller = new AbortController();
    const stream = streamText({ model: provider(server)('stub'), ...request, abortSignal: controller.signal,
      providerOptions: { spillway: { ignore_eos: true } }, maxOutputTokens: 4000 });
    const types = [];
    for await (const part of stream.fullStream) {
      types.push(part.type);
      if (part.type === 'text-delta') controller.abort();
    }
    assert.equal(types.at(-1), 'abort');
    await server.untilIdle();
  } finally {
    await server.stop();
  }
});

test('reasoning is beside the text', async () => {
  const server = await Server.start(['../../models/demo-gpt-oss.gguf', '--ctx-size', '1024']);
  try {
    const question = { messages: [{ role: 'user', content: 'What is 12 + 30?' }], temperature: 0, maxRetries: 0 };
    const whole = await generateText({ model: provider(server)('demo-gpt-oss'), ...question });
    assert.ok(whole.reasoningText.length > 0 && whole.text.length > 0);
    const stream = streamText({ model: provider(server)('demo-gpt-oss'), ...question });
    const parts = await collect(stream.fullStream);
    assert.equal(parts.filter((p) => p.type === 'reasoning-delta').map((p) => p.text).join(''), whole.reasoningText);
    assert.equal(parts.filter((p) => p.type === 'text-delta').map((p) => p.text).join(''), whole.text);
  } finally {
    await server.stop();
  }
});
