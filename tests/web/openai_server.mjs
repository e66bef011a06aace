// openai_server.mjs - a small OpenAI-compatible server for tests of the benchmark, unlike ours where servers differ.
//
// It answers in events that the network cuts at odd places, in words that would be markup if a report let them; a prompt
// that begins with "#n " is answered with hostile string n (hostile_strings.mjs), or refused with it.  Prints its address,
// and ends with its standard input.
import { createServer } from 'node:http';

import { strings } from './hostile_strings.mjs';

const HOSTILE = '<script>window.pwned = 1</script> </script> <!-- <img src=x onerror="window.pwned=1"> & "quotes" ' +
  '\u65e5\u672c\u8a9e \u{1f600} \u2028';
const MODEL = 'org/<b>model</b>';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function* events(maxTokens) {
  const chunk = (more) => `data: ${JSON.stringify({ model: MODEL, system_fingerprint: 'fp-1', ...more })}\r\n\r\n`;
  const delta = (content) => chunk({ choices: [{ index: 0, delta: content, finish_reason: null }] });
  const words = HOSTILE.split(' ');
  yield ': welcome\r\n\r\n';
  yield delta({ role: 'assistant', content: '' });
  const nTokens = Math.ceil(maxTokens / 4);
  for (let i = 0; i < nTokens; i++) {
    const word = i < words.length ? words[i] : `word${i}`;
    yield delta(i < 3 ? { reasoning_content: `hm${i} ` } : { content: `${word} ` });
  }
  yield chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'length' }] });
  yield chunk({ choices: [], usage: { prompt_tokens: 11, completion_tokens: nTokens } });
  yield 'data: [DONE]\r\n\r\n';
}

// Hostile string n as reasoning, answer, finish reason and fingerprint.
function* hostileEvents(n) {
  const text = strings[n];
  const chunk = (more) => `data: ${JSON.stringify({ model: MODEL, system_fingerprint: text, ...more })}\n\n`;
  yield chunk({ choices: [{ index: 0, delta: { reasoning_content: text }, finish_reason: null }] });
  yield chunk({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] });
  yield chunk({ choices: [{ index: 0, delta: {}, finish_reason: n % 2 === 0 ? 'stop' : text }] });
  yield chunk({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 2 } });
  yield 'data: [DONE]\n\n';
}

// In two pieces each, a moment apart.
async function send(response, all) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
  for (const event of all) {
    const bytes = Buffer.from(event);
    const cut = bytes.length >> 1;
    response.write(bytes.subarray(0, cut));
    await sleep(1);
    response.write(bytes.subarray(cut));
  }
  response.end();
}

async function answer(request, response) {
  let body = '';
  for await (const piece of request) body += piece;
  const asked = JSON.parse(body);
  const hostile = /^#(\d+) /.exec(asked.messages.at(-1).content);
  const n = Number(hostile?.[1]);
  if (!hostile) await send(response, events(asked.max_tokens));
  else if (n % 5 !== 4) await send(response, hostileEvents(n));
  else response.writeHead(500, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ error: { message: strings[n], type: strings[n], code: strings[n] } }));
}

const server = createServer((request, response) => {
  if (request.url === '/v1/chat/completions') {
    answer(request, response).catch(() => response.destroy());
  } else if (request.url === '/v1/models') {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ data: [{ id: MODEL }] }));
  } else {
    response.writeHead(404).end();
  }
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.resume().on('end', () => process.exit(0));
