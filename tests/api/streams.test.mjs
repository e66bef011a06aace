// Many clients of all interfaces at once: the text of one seed is the same over each, whatever else is going on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Server, until } from './server.mjs';
import { CHATS, CONTINUATIONS } from './transports.mjs';

const QUESTIONS = ['What is 12 + 30?', 'Tell me about rivers.', 'Write a story.\n\nBegin with "Once".'];
const question = (seed) => ({ content: QUESTIONS[seed % QUESTIONS.length], seed, temperature: 0.8, top_p: 1, max_tokens: 60 });

// Runs all tasks, `n` at a time; their results in order.
async function inParallel(n, tasks) {
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < tasks.length) {
      const i = next++;
      results[i] = await tasks[i]();
    }
  };
  await Promise.all(Array.from({ length: n }, work));
  return results;
}

for (const [name, args] of [['the stub model', ['stub:']], ['demo-gpt-oss', ['../../models/demo-gpt-oss.gguf', '--ctx-size', '4096']]]) {
  describe(name, () => {
    let server;
    before(async () => (server = await Server.start(args)));
    after(() => server.stop());

    for (const [what, transports] of [['chats', CHATS], ['continuations', CONTINUATIONS]]) {
      test(`has one text for one seed over every transport of ${what}, with 8 clients at once`, async () => {
        const names = Object.keys(transports), seeds = [1, 2, 3, 4, 5, 6];
        const alone = [];
        for (const seed of seeds) alone.push(await transports['OpenAI, JSON'](server, question(seed)));
        assert.ok(new Set(alone).size >= 3, 'the questions have answers of their own');
        const all = seeds.flatMap((seed, i) =>
          names.map((transport, k) => ({ seed, transport, expected: alone[i], order: (i * 7 + k * 5) % 11 })));
        all.sort((a, b) => a.order - b.order); // neighbours are of several families and seeds
        const texts = await inParallel(8, all.map(({ seed, transport }) => () => transports[transport](server, question(seed))));
        all.forEach(({ seed, transport, expected }, i) => assert.equal(texts[i], expected, `seed ${seed} over ${transport}`));
      });
    }
  });
}

describe('64 streams at once', () => {
  const streaming = Object.entries(CHATS).filter(([name]) => !name.endsWith('JSON')).map(([, run]) => run);
  const stream = (server, i, more, signal) => streaming[i % streaming.length](server, { ...question(i), ...more }, signal);

  test('give each its own answer', async () => {
    const server = await Server.start(['../../models/demo-gpt-oss.gguf', '--ctx-size', '1024', '--parallel', '64']);
    try {
      const long = { max_tokens: 40, ignore_eos: true }, alone = [];
      for (let i = 0; i < 12; i++) alone.push(await stream(server, i, long));
      assert.ok(new Set(alone).size >= 6, 'the streams have answers of their own');
      const texts = await Promise.all(Array.from({ length: 64 }, (_, i) => stream(server, i % 12, long)));
      texts.forEach((text, i) => assert.equal(text, alone[i % 12], `stream ${i}`));
      const { requests } = await server.health();
      assert.deepEqual(requests, { completed: 76, failed: 0, abandoned: 0 });
    } finally {
      await server.stop();
    }
  });

  test('are all generated at the same time, and all freed when their clients go', async () => {
    const server = await Server.start(['stub:', '--ctx-size', '4096', '--parallel', '64', '--stub-rate', '20']);
    try {
      const controller = new AbortController();
      const ended = Array.from({ length: 64 }, (_, i) =>
        stream(server, i, { max_tokens: 4000, ignore_eos: true }, controller.signal).then(() => 'answered', () => 'cut'));
      await until(async () => (await server.health()).slots_processing === 64, '64 sequences to be generated');
      controller.abort();
      assert.deepEqual(new Set(await Promise.all(ended)), new Set(['cut']));
      await server.untilIdle();
      assert.equal((await server.health()).requests.abandoned, 64);
    } finally {
      await server.stop();
    }
  });
});
