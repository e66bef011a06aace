// GET /metrics as Prometheus reads it: a strict reader of the text format, and promtool where it is installed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';

import { HELLO, Server } from './server.mjs';

const NAME = /^[a-z][a-z0-9_]*(:[a-z0-9_]+)?$/;
const LABELS = /([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;
const BASE_NAME = (name) => name.replace(/_(bucket|sum|count)$/, '');

/** Reads {name: {type, help, samples: [{name, labels, value}]}}, or fails at the first line that is not right. */
function read(text, { openmetrics = false } = {}) {
  const families = new Map();
  let family = null;
  assert.ok(text.endsWith('\n'));
  const lines = text.slice(0, -1).split('\n');
  if (openmetrics) assert.equal(lines.pop(), '# EOF');
  for (const line of lines) {
    const head = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (head?.[1] === 'HELP') {
      assert.match(head[2], NAME);
      assert.ok(!families.has(head[2]), `${head[2]} comes twice`);
      family = { name: head[2], help: head[3], type: null, samples: [] };
      families.set(head[2], family);
    } else if (head !== null) {
      assert.equal(head[2], family.name, `TYPE follows HELP: ${line}`);
      assert.equal(family.type, null);
      assert.match(head[3], /^(counter|gauge|histogram)$/);
      family.type = head[3];
    } else {
      family.samples.push(sample(line, family, openmetrics));
    }
  }
  for (const f of families.values()) checkFamily(f, openmetrics);
  return families;
}

function sample(line, family, openmetrics) {
  const parts = /^([a-z0-9_:]+)(?:\{(.*)\})? (\S+)$/.exec(line);
  assert.ok(parts !== null, `no sample: ${line}`);
  const [, name, inside = '', number] = parts;
  const expected = family.type === 'histogram' ? BASE_NAME(name)
                   : openmetrics && family.type === 'counter' ? name.replace(/_total$/, '') : name;
  assert.equal(expected, family.name, `a sample of another family: ${line}`);
  assert.ok(Number.isFinite(Number(number)) && Number(number) >= 0, line);
  const labels = {};
  LABELS.lastIndex = 0;
  let end = 0;
  for (let m; end < inside.length && (m = LABELS.exec(inside)) !== null; end = LABELS.lastIndex) {
    assert.ok(!(m[1] in labels), `a label twice: ${line}`);
    labels[m[1]] = m[2];
  }
  assert.equal(end, inside.length, `labels: ${line}`);
  return { name, labels, value: Number(number) };
}

function checkFamily(f, openmetrics) {
  const series = f.samples.map((s) => s.name + JSON.stringify(s.labels));
  assert.equal(new Set(series).size, series.length, `a series of ${f.name} comes twice`);
  assert.ok(f.help.length > 0 && f.type !== null);
  assert.equal(f.name.endsWith('_total'), f.type === 'counter' && !openmetrics, f.name);
  assert.doesNotMatch(f.name, /_(ms|milliseconds|kb|mb|gb|percent|count|sum|bucket)$/);
  if (f.type === 'histogram') checkHistogram(f, openmetrics);
}

function checkHistogram(f, openmetrics) {
  const groups = new Map();
  for (const s of f.samples) {
    const { le, ...rest } = s.labels;
    const key = JSON.stringify(rest);
    if (!groups.has(key)) groups.set(key, { buckets: [], sum: null, count: null });
    const group = groups.get(key);
    if (le === undefined) group[s.name.slice(f.name.length + 1)] = s.value;
    else group.buckets.push([le, s.value]);
    if (openmetrics && le !== undefined) assert.match(le, /^(\d+\.\d+|\+Inf)$/);
  }
  for (const { buckets, sum, count } of groups.values()) {
    const bounds = buckets.map(([le]) => (le === '+Inf' ? Infinity : Number(le)));
    assert.ok(bounds.every((b, i) => i === 0 || b > bounds[i - 1]), `bounds of ${f.name} rise`);
    assert.ok(buckets.every(([, n], i) => i === 0 || n >= buckets[i - 1][1]), `counts of ${f.name} add up`);
    assert.equal(bounds.at(-1), Infinity);
    assert.equal(buckets.at(-1)[1], count);
    assert.ok(sum !== null);
  }
}

function promtool(text) {
  const run = spawnSync('promtool', ['check', 'metrics'], { input: text });
  if (run.error?.code === 'ENOENT') return; // `make check-long` installs it
  assert.deepEqual([run.status, String(run.stdout), String(run.stderr)], [0, '', '']);
}

const DEMO = new URL('../../models/demo-gpt-oss.gguf', import.meta.url).pathname;
const metrics = (server, { query = '', accept = 'text/plain' } = {}) =>
  fetch(`${server.url}/metrics${query}`, { headers: { accept } });
const values = (families, name) =>
  Object.fromEntries(families.get(name).samples.map((s) => [Object.values(s.labels).join(' '), s.value]));

describe('metrics', () => {
  test('count what clients asked for', async () => {
    const server = await Server.start([DEMO, '--alias', 'a "name"\\']);
    const model = 'a \\"name\\"\\\\';
    promtool(await (await metrics(server)).text());
    const ask = (more) => server.chat({ messages: HELLO, max_tokens: 4, seed: 1, ...more });
    assert.equal((await ask()).status, 200);
    await (await ask({ stream: true })).text();
    assert.equal((await server.chat({ messages: 3 })).status, 400);
    assert.equal((await ask({ model: 'unknown', messages: 3 })).status, 400);
    const left = await ask({ stream: true, ignore_eos: true, max_tokens: -1, n: 8 }); // takes seconds
    const reader = left.body.getReader();
    await reader.read();
    const during = read(await (await metrics(server)).text());
    assert.equal(values(during, 'spillway_stream_clients').sse, 1);
    assert.ok(values(during, 'spillway_slots_busy')[model] >= 1);
    await reader.cancel();
    await server.untilIdle();

    const answer = await metrics(server);
    assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    const text = await answer.text();
    promtool(text);
    const after = read(text);
    const chat = '/v1/chat/completions';
    assert.deepEqual(values(after, 'spillway_requests_total'),
                     { [`${model} ${chat} 200 length`]: 2, [` ${chat} 400 `]: 2, [`${model} ${chat} 499 `]: 1 });
    assert.deepEqual(values(after, 'spillway_request_errors_total'), { ' invalid_type': 2 });
    assert.equal(values(after, 'spillway_generation_tokens_total')[model], 8);
    const [steps, tokens] = [values(after, 'spillway_decode_steps_total'), values(after, 'spillway_batch_tokens_total')];
    assert.ok(steps[`${model} prefill`] >= 3 && tokens[`${model} prefill`] > steps[`${model} prefill`]);
    assert.ok(steps[`${model} decode`] >= 6 && tokens[`${model} decode`] >= steps[`${model} decode`]);
    assert.equal(values(after, 'spillway_stream_cancelled_total').sse, 1);
    assert.equal(values(after, 'spillway_stream_clients').sse, 0);
    const counts = (name) => Object.fromEntries(
      after.get(name).samples.filter((s) => s.name.endsWith('_count')).map((s) => [Object.values(s.labels).join(' '), s.value]));
    assert.deepEqual(counts('spillway_time_to_first_token_seconds'), { [`${model} json`]: 1, [`${model} sse`]: 1 });
    assert.equal(counts('spillway_e2e_request_latency_seconds')[model], 2);
    assert.ok(counts('spillway_inter_token_latency_seconds')[model] >= 6, 'three gaps of each answer, and those of the third');
    assert.ok(values(after, 'spillway_memory_bytes')[`${model} ram experts`] > 1e6);
    for (let layer = 0; layer < 4; layer++) {
      assert.ok(values(after, 'spillway_expert_coverage_ratio')[`${model} ${layer}`] > 0.25);
      assert.ok(values(after, 'spillway_expert_entropy_ratio')[`${model} ${layer}`] <= 1);
    }
    const process = (name) => after.get(`process_${name}`).samples[0].value;
    assert.ok(process('open_fds') > 3 && process('open_fds') < process('max_fds'));
    assert.ok(process('cpu_seconds_total') > 0 && process('resident_memory_bytes') < process('virtual_memory_bytes'));
    assert.ok(Math.abs(process('start_time_seconds') - Date.now() / 1000) < 3600);
    assert.ok(!after.has('spillway_expert_activations_total'), 'a series for each expert only on request');
    assert.ok(![...after.keys()].some((name) => name.includes('gpu')), 'what is not known is absent');
    await server.stop();
  });

  test('have the other forms that were asked for', async () => {
    const server = await Server.start([DEMO, '--metrics-alias', 'vllm']);
    await server.chat({ messages: HELLO, max_tokens: 4 });
    const open = await metrics(server, { query: '?experts=1', accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' });
    assert.equal(open.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    const families = read(await open.text(), { openmetrics: true });
    const experts = families.get('spillway_expert_activations').samples;
    assert.equal(experts.length, 4 * 16);
    assert.equal(families.get('vllm:request_success').samples.length, 2);
    assert.equal(families.get('vllm:time_to_first_token_seconds').samples.at(-1).value, 1);
    const json = await (await metrics(server, { accept: 'application/json' })).json();
    assert.deepEqual([json.service, json.gpu_detected, json.gpu_vendor], ['spillway', false, null]);
    assert.equal(json.models.by_type['gpt-oss'], json.models.total_count);
    assert.ok(json.endpoints.includes('/metrics') && json.system.memory_total_mb > json.system.memory_free_mb);
    const refused = await metrics(server, { query: '?expert=1' });
    assert.deepEqual([refused.status, (await refused.json()).error.code], [400, 'invalid_value']);
    const diag = await (await fetch(`${server.url}/diag`)).json();
    assert.deepEqual([diag.os, diag.gpus, diag.placement.length], ['linux', [], 1]);
    assert.ok(diag.cores >= 1 && diag.mem_total_mb > 0 && diag.isa.length > 0 && diag.placement[0].ram_bytes > 1e6);
    await server.stop();
    const llama = await Server.start(['stub:', '--metrics-alias', 'llamacpp']);
    const chat = await (await llama.chat({ messages: HELLO, max_tokens: 4 })).json();
    const aliases = read(await (await metrics(llama)).text());
    assert.equal(aliases.get('llamacpp:tokens_predicted_total').samples[0].value, 4);
    assert.equal(aliases.get('llamacpp:prompt_tokens_total').samples[0].value, chat.usage.prompt_tokens);
    await llama.stop();
  });
});
