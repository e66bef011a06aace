// Chats whose history holds calls of tools.  The stub counts one token per byte and marker, so the number of prompt tokens
// says which prompt was written.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Server } from './server.mjs';

const CALL = { id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{"city": "Köln"}' } };
const QUESTION = { role: 'user', content: 'Weather?' };
const RESULT = { role: 'tool', tool_call_id: 'c1', content: '20 °C' };

const TURN = (role, text) => `<|im_start|>${role}\n${text}<|im_end|>\n`;
const CALL_TEXT = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Köln"}}\n</tool_call>';
const RESULT_TEXT = '<tool_response>\n20 °C\n</tool_response>';
const PROMPT = TURN('user', 'Weather?') + TURN('assistant', CALL_TEXT) + TURN('user', RESULT_TEXT) + '<|im_start|>assistant\n';

const count = (prompt) => Buffer.byteLength(prompt.replaceAll(/<\|im_(start|end)\|>/g, 'x'));

async function ask(server, messages, more = {}) {
  const response = await server.chat({ messages, max_tokens: 1, seed: 1, ...more });
  return { status: response.status, ignored: response.headers.get('spillway-ignored'), ...(await response.json()) };
}

describe('a history with calls of tools', () => {
  let server;
  before(async () => (server = await Server.start(['stub:'])));
  after(() => server.stop());

  const writes = (name, messages, prompt, more = {}) =>
    test(name, async () => {
      const answer = await ask(server, messages, more);
      assert.equal(answer.status, 200, answer.error?.message);
      assert.equal(answer.usage.prompt_tokens, count(prompt));
      assert.equal(answer.ignored, more.tools ? 'tools' : null);
    });
  const refuses = (name, messages, param, code, words = /./) =>
    test(name, async () => {
      const answer = await ask(server, messages);
      assert.deepEqual([answer.status, answer.error.param, answer.error.code], [400, param, code]);
      assert.match(answer.error.message, words);
    });
  const assistant = (more) => ({ role: 'assistant', content: null, ...more });

  writes('is shown to the model', [QUESTION, assistant({ tool_calls: [CALL] }), RESULT], PROMPT);
  writes('may have arguments as an object', [QUESTION,
    assistant({ tool_calls: [{ id: 'c1', function: { name: 'get_weather', arguments: { city: 'Köln' } } }] }), RESULT], PROMPT);
  writes('may have the form of the first API', [QUESTION, assistant({ function_call: CALL.function }),
    { role: 'function', name: 'get_weather', content: '20 °C' }], PROMPT);
  writes('may have a text before the call and several calls',
    [QUESTION, assistant({ content: 'I look.', tool_calls: [CALL, CALL] }), RESULT, RESULT],
    TURN('user', 'Weather?') + TURN('assistant', `I look.\n${CALL_TEXT}\n${CALL_TEXT}`) +
      TURN('user', `${RESULT_TEXT}\n${RESULT_TEXT}`) + '<|im_start|>assistant\n');
  writes('goes with tools that must not be called', [QUESTION, assistant({ tool_calls: [CALL] }), RESULT], PROMPT,
    { tools: [{ type: 'function', function: { name: 'get_weather' } }], tool_choice: 'none' });

  writes('that ends with an answer is followed by a new one', [QUESTION, { role: 'assistant', content: 'Rain.' }],
    TURN('user', 'Weather?') + TURN('assistant', 'Rain.') + '<|im_start|>assistant\n');

  refuses('needs a function in each call', [QUESTION, assistant({ tool_calls: [{ id: 'c1' }] })],
    'messages[1].tool_calls[0].function', 'missing_required_parameter');
  refuses('has calls only in messages of assistants', [{ ...QUESTION, tool_calls: [CALL] }],
    'messages[0].tool_calls', 'invalid_value');
  refuses('names only the tools that a model can be told of',
    [QUESTION, assistant({ tool_calls: [{ function: { name: 'two words' } }] })], null, 'invalid_value',
    /messages\[1\]\.tool_calls\[0\]\.name.*white space/);
});

describe('a model whose chat format has no form for calls', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'histories-'));
  const model = path.join(folder, 'tiny.gguf');
  let server;
  before(async () => {
    execFileSync(process.env.SPILLWAY, ['synth', 'tiny-gpt-oss', model, '--quiet']);
    server = await Server.start([model]);
  });
  after(async () => {
    await server.stop();
    fs.rmSync(folder, { recursive: true });
  });

  test('refuses them by name', async () => {
    const { status, error } = await ask(server, [QUESTION, { role: 'assistant', tool_calls: [CALL] }, RESULT]);
    assert.equal(status, 400);
    assert.match(error.message, /messages\[1\].*call of a tool.*'plain'/);
  });
});
