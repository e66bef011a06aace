// LangChain's classes for OpenAI.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AIMessage, HumanMessage, SystemMessage } from '@langchain/core/messages';
import { ChatOpenAI, OpenAI, OpenAIEmbeddings } from '@langchain/openai';

import { Server } from '../api/server.mjs';

const common = (server) => ({ apiKey: 'any', maxRetries: 0, configuration: { baseURL: `${server.url}/v1` } });
const chat = (server, more = {}) =>
  new ChatOpenAI({ ...common(server), model: 'stub', temperature: 0.8, modelKwargs: { seed: 7 }, ...more });

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('the stub model', () => {
  const history = [new SystemMessage('Be brief.'), new HumanMessage('Hello'), new AIMessage('Hi.'), new HumanMessage('Rivers?')];
  let server;
  before(async () => (server = await Server.start(['stub:'])));
  after(() => server.stop());

  test('is invoked, streamed and batched with the same text', async () => {
    const model = chat(server);
    const whole = await model.invoke(history);
    assert.ok(whole.content.length > 0);
    assert.equal(whole.response_metadata.finish_reason, 'stop');
    assert.ok(whole.usage_metadata.input_tokens > 0 && whole.usage_metadata.output_tokens > 0);
    const chunks = await collect(await model.stream(history));
    assert.equal(chunks.map((chunk) => chunk.content).join(''), whole.content);
    const usage = chunks.map((chunk) => chunk.usage_metadata).filter(Boolean);
    assert.deepEqual(usage.map((u) => u.output_tokens), [whole.usage_metadata.output_tokens]);
    const both = await model.batch([history, 'What is a delta?']);
    assert.equal(both[0].content, whole.content);
    assert.ok(both[1].content.length > 0);
  });

  test('answers the same over responses', async () => {
    const whole = await chat(server).invoke(history);
    const model = chat(server, { useResponsesApi: true });
    assert.equal((await model.invoke(history)).text, whole.content);
    assert.equal((await collect(await model.stream(history))).map((chunk) => chunk.text).join(''), whole.content);
  });

  test('stops and counts as it is told', async () => {
    const short = await chat(server, { maxTokens: 3 }).invoke('Rivers?');
    assert.equal(short.response_metadata.finish_reason, 'length');
    const { content } = await chat(server).invoke('Rivers?');
    const stop = content.split(' ')[5];
    assert.equal((await chat(server).invoke('Rivers?', { stop: [stop] })).content, content.slice(0, content.indexOf(stop)));
  });

  test('completes texts', async () => {
    const model = new OpenAI({ ...common(server), model: 'stub', temperature: 0.8, maxTokens: 20, modelKwargs: { seed: 7 } });
    const whole = await model.invoke('Once upon a time');
    assert.ok(whole.length > 0);
    assert.equal((await collect(await model.stream('Once upon a time'))).join(''), whole);
  });

  test('embeds many texts and one', async () => {
    const embeddings = new OpenAIEmbeddings({ ...common(server), model: 'stub', batchSize: 16 });
    const texts = Array.from({ length: 40 }, (_, i) => `Text ${i}`);
    const vectors = await embeddings.embedDocuments(texts);
    assert.equal(vectors.length, 40);
    assert.deepEqual(await embeddings.embedQuery('Text 39'), vectors[39]);
    await assert.rejects(new OpenAIEmbeddings({ ...common(server), model: 'stub', dimensions: 8 }).embedQuery('x'),
      /dimensions/);
  });

  test('refuses by name', async () => {
    await assert.rejects(chat(server, { temperature: 3 }).invoke('x'),
      (error) => error.status === 400 && error.code === 'invalid_value' && error.param === 'temperature');
    const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } };
    await assert.rejects(chat(server).bindTools([tool]).invoke('x'), (error) => error.status === 400 && error.param === 'tools');
    await assert.rejects(chat(server).stream([]), (error) => error.status === 400 && error.param === 'messages');
  });
});

test('a request that is aborted frees its slot', async () => {
  const server = await Server.start(['stub:', '--stub-rate', '20', '--parallel', '1']);
  try {
    const controller = new AbortController();
    const model = chat(server, { modelKwargs: { ignore_eos: true, max_tokens: 4000 } });
    const stream = await model.stream('Rivers?', { signal: controller.signal });
    await assert.rejects(async () => {
      for await (const chunk of stream) if (chunk.content) controller.abort();
    }, /[Aa]bort/);
    await server.untilIdle();
  } finally {
    await server.stop();
  }
});
