// transports.mjs - one question over every interface of the server, and the text that came back.
//
// A question is {content, seed, temperature, top_p, max_tokens} and perhaps {model}.  Each transport is
// (server, question, signal) => text; the signal cuts it, then it rejects.
import assert from 'node:assert/strict';
import WebSocket from 'ws';

async function post(server, path, body, signal) {
  const response = await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body), signal });
  const text = await response.text();
  assert.equal(response.status, 200, `${path}: ${text}`);
  return text;
}

// The data of server-sent events; lines of one event are joined.
const events = (text) =>
  text.split('\n\n').map((event) =>
    event.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.replace(/^data: ?/, '')).join('\n'))
    .filter((data, i, all) => i < all.length - 1 && data !== '');

const parsed = (text) => events(text).map((data) => JSON.parse(data));

// The events of a stream that must end with [DONE].
function untilDone(text) {
  const all = events(text);
  assert.equal(all.pop(), '[DONE]');
  return all;
}

const lines = (text) => text.split('\n').slice(0, -1).map((line) => JSON.parse(line));
const join = (parts, pick) => parts.map((part) => pick(part) ?? '').join('');

const openai = ({ content, ...rest }) => ({ messages: [{ role: 'user', content }], ...rest });
const response = ({ content, max_tokens, ...rest }) => ({ input: content, max_output_tokens: max_tokens, ...rest });
const messageText = ({ output }) => join(output.filter(({ type }) => type === 'message'), ({ content }) => content[0].text);
const ollama = ({ model, content, max_tokens, ...options }) => ({
  model, messages: [{ role: 'user', content }], options: { ...options, num_predict: max_tokens },
});
const raw = ({ model, content, max_tokens, ...options }) => ({
  model, prompt: content, raw: true, options: { ...options, num_predict: max_tokens },
});
const shimmy = ({ content, ...rest }) => ({ prompt: content, ...rest });

// Messages of a WebSocket until it is closed, or until `isLast` says of one that it is the last.
function talk(server, protocols, message, signal, isLast) {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(`${server.url.replace('http', 'ws')}/ws/generate`, protocols);
    const messages = [];
    signal?.addEventListener('abort', () => ws.terminate());
    ws.on('open', () => ws.send(JSON.stringify(message)));
    ws.on('message', (data) => (messages.push(data.toString()), isLast(messages.at(-1)) && ws.close(1000)));
    ws.on('close', (code) => (code === 1000 ? resolve(messages) : reject(new Error(`closed with ${code}`))));
    ws.on('error', reject);
  });
}

// Chats: all of these give the same prompt to the model.
export const CHATS = {
  'OpenAI, JSON': async (server, question, signal) =>
    JSON.parse(await post(server, '/v1/chat/completions', openai(question), signal)).choices[0].message.content,
  'OpenAI, SSE': async (server, question, signal) =>
    join(untilDone(await post(server, '/v1/chat/completions', { ...openai(question), stream: true }, signal)),
      (data) => JSON.parse(data).choices[0].delta.content),
  "OpenAI's responses, JSON": async (server, question, signal) =>
    messageText(JSON.parse(await post(server, '/v1/responses', response(question), signal))),
  "OpenAI's responses, SSE": async (server, question, signal) => {
    const all = parsed(await post(server, '/v1/responses', { ...response(question), stream: true }, signal));
    const text = join(all.filter(({ type }) => type === 'response.output_text.delta'), ({ delta }) => delta);
    assert.equal(messageText(all.at(-1).response), text);
    return text;
  },
  'Anthropic, JSON': async (server, question, signal) =>
    join(JSON.parse(await post(server, '/v1/messages', openai(question), signal)).content, (block) => block.text),
  'Anthropic, SSE': async (server, question, signal) => {
    const all = parsed(await post(server, '/v1/messages', { ...openai(question), stream: true }, signal));
    assert.equal(all.at(-1).type, 'message_stop');
    return join(all, (event) => event.delta?.text);
  },
  'Ollama, JSON': async (server, question, signal) =>
    JSON.parse(await post(server, '/api/chat', { ...ollama(question), stream: false }, signal)).message.content,
  'Ollama, NDJSON': async (server, question, signal) => {
    const all = lines(await post(server, '/api/chat', ollama(question), signal));
    assert.equal(all.at(-1).done, true);
    return join(all, (line) => line.message.content);
  },
  'shimmy, JSON': async (server, question, signal) =>
    JSON.parse(await post(server, '/api/generate', { ...shimmy(question), stream: false }, signal)).response,
  'shimmy, SSE': async (server, question, signal) => join(untilDone(await post(server, '/api/generate', shimmy(question), signal)), (data) => data),
  'shimmy, WebSocket': async (server, question, signal) => {
    const pieces = await talk(server, [], shimmy(question), signal, () => false);
    assert.equal(pieces.pop(), '{"done":true}');
    return pieces.join('');
  },
  'spillway, WebSocket': async (server, question, signal) => {
    const message = { type: 'generate', id: 'a', ...openai(question) };
    const isLast = (text) => ['done', 'error'].includes(JSON.parse(text).type);
    const all = (await talk(server, ['spillway.v1'], message, signal, isLast)).map((text) => JSON.parse(text));
    assert.equal(all.at(-1).type, 'done', JSON.stringify(all.at(-1)));
    return join(all.filter(({ kind }) => kind === 'content'), ({ text }) => text);
  },
};

// Continuations of a text, without the frame of a chat.
export const CONTINUATIONS = {
  'OpenAI, JSON': async (server, { content, ...rest }, signal) =>
    JSON.parse(await post(server, '/v1/completions', { prompt: content, ...rest }, signal)).choices[0].text,
  'OpenAI, SSE': async (server, { content, ...rest }, signal) =>
    join(untilDone(await post(server, '/v1/completions', { prompt: content, ...rest, stream: true }, signal)),
      (data) => JSON.parse(data).choices[0].text),
  'llama-server, JSON': async (server, { content, ...rest }, signal) =>
    JSON.parse(await post(server, '/completion', { prompt: content, ...rest }, signal)).content,
  'llama-server, SSE': async (server, { content, ...rest }, signal) => {
    const all = parsed(await post(server, '/completion', { prompt: content, ...rest, stream: true }, signal));
    assert.equal(all.at(-1).stop, true);
    return join(all, (part) => part.content);
  },
  'Ollama, JSON': async (server, question, signal) =>
    JSON.parse(await post(server, '/api/generate', { ...raw(question), stream: false }, signal)).response,
  'Ollama, NDJSON': async (server, question, signal) =>
    join(lines(await post(server, '/api/generate', raw(question), signal)), (line) => line.response),
};
