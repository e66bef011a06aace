#!/usr/bin/env bash
# `spillway report --json`: docs/report.schema.json accepts reports of new and old runs and refuses what is changed in
# them; every figure has its unit and meaning in the document.
. "$(dirname "$0")/lib.sh"
(cd "$SPILLWAY_SOURCE" && scripts/npm_packages tests/api)
stores=$SPILLWAY_SOURCE/tests/data/stores

cat >protocol.json <<'JSON'
{"name": "small", "version": 1, "temperature": 0.3, "seed": 3, "repetitions": 2, "modes": ["stream", "whole", "cold", "reference"],
 "objectives": {"ttft_ms": 5000},
 "tests": [
  {"name": "rivers", "prompt": "Say something about rivers.", "max_tokens": 12,
   "checks": [{"name": "has words", "kind": "words", "min": 1}, {"name": "has a thousand", "kind": "words", "min": 1000}]},
  {"name": "bread", "prompt": "Say something about bread.", "max_tokens": 12}]}
JSON
expect 0 bench "$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf" --protocol protocol.json --modes stream,whole,cold,reference \
  --sweep temperature=0,0.9 --pause 0 --out run --quiet
expect 0 report run --json
cp .out new.json
for old in schema1 schema1-resumed; do
  expect 0 report "$stores/$old.sqlite" --json
  cp .out "$old.json"
done
expect 0 bench --serve stub: --protocol protocol.json --pause 0 --out stub --quiet
expect 0 report stub --json
cp .out stub.json
cat >stress.json <<'JSON'
{"version": 1, "suite": "concurrent", "title": "Sessions",
 "prompts": [{"name": "bread", "prompt": "Say something about bread."}],
 "stages": [{"name": "1 session", "work": "sessions", "requests": 3, "max_tokens": [8]},
            {"name": "3 sessions", "work": "sessions", "sessions": 3, "requests": 3, "max_tokens": [8]}]}
JSON
"$SPILLWAY" stress "$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf" --protocol stress.json --out stress --quiet >.out 2>.err ||
  [ $? = 3 ] || fail "the stress run ended with another status than 0 and 3" # a busy machine may be too slow for three sessions
expect 0 report stress --json
cp .out stress_run.json

cd "$SPILLWAY_SOURCE/tests/api"
SCHEMA=$SPILLWAY_SOURCE/docs/report.schema.json node --input-type=module - "$work"/{new,stub,stress_run,schema1,schema1-resumed}.json <<'JS'
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
const read = path => JSON.parse(readFileSync(path, 'utf8'));
const schema = read(process.env.SCHEMA);
const judge = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: true }).compile(schema);
const reports = process.argv.slice(2).map(path => [path, read(path)]);
const [, whole] = reports[0];

for (const [path, report] of reports) {
  if (!judge(report)) throw new Error(`${path}: ${JSON.stringify(judge.errors.slice(0, 5), null, 1)}`);
}

const stressed = reports[2][1].models[0].stress;
if (stressed.sessions.length !== 2 || stressed.figures.sessions.value !== 3) throw new Error(JSON.stringify(stressed.sessions));
if (stressed.criteria.find(c => c.id === 'gpu-memory').verdict !== 'inconclusive') throw new Error('memory of a GPU that is not there');

// Every number has a meaning; these identify something, or count what is beside them.
const plain = new Set(['schema', 'id', 'model', 'index', 'repeat', 'server', 'session', 'sessions', 'seed', 'http_status', 'cores',
  'max_tokens', 'temperature', 'server_temperature', 'temperature_used', 'asked', 'completed', 'bytes', 'memory_bytes', 'started_unix_ms',
  'finished_unix_ms', 'started_ms', 'start_ms', 'value', 'weight', 'completion_tokens', 'reasoning_tokens', 'server_queue_ms',
  'server_prompt_ms', 'server_decode_ms', 'planned', 'period', 'repeats', 'span', 'start', 'rep_n', 'score', 'score_units', 'window_max',
  'line_repeat_max', 'longest_repeat_share', 'high', 'p75', 'p90', 'p95', 'p99', 'hot_80', 'hot_95', 'claim_high_pct', 'steadiness_low',
  'steadiness_high', 'memory_private_peak_bytes', 'memory_rss_peak_bytes', 'itl_p99_ms', 'e2e_ms', 'tpot_ms', 'ttft_ms']);
const defined = new Set(Object.values(whole.definitions).filter(group => typeof group === 'object').flatMap(Object.keys));
const walk = (value, name, inside) => {
  if (value !== null && typeof value === 'object')
    for (const [key, member] of Object.entries(value)) if (key !== 'definitions') walk(member, Array.isArray(value) ? name : key, key);
  if (typeof value === 'number' && !plain.has(name) && !defined.has(name)) throw new Error(`the figure ${name} is not defined`);
};
walk(whole, '', '');

// What must not pass: each change is made in a copy of the whole report.
const model = r => r.models[0];
const changes = [
  r => { r.schema = 2; }, r => { delete r.models; }, r => { r.more = 1; }, r => { r.run.status = 'fine'; },
  r => { model(r).readiness.verdict = 'maybe'; }, r => { model(r).readiness.decided_by[0].verdict = 1; },
  r => { delete model(r).recommendations[0].evidence; }, r => { model(r).preservation.offloaded.equal = '4'; },
  r => { delete model(r).preservation.streamed; }, r => { model(r).preservation.repeated.common_share = 2; },
  r => { model(r).modes.stream.reading.late_share = -1; }, r => { model(r).modes.stream.goodput.good = 0.5; },
  r => { model(r).modes.other = model(r).modes.whole; }, r => { model(r).speed.bottleneck = 3; },
  r => { model(r).sweep[0].value = 'hot'; }, r => { r.tests[0].metrics.ttft_ms = 'soon'; },
  r => { delete r.tests[0].temperature_used; }, r => { r.tests[0].metrics.mark = 6; },
  r => { r.criteria[0].verdict = 'unknown'; }, r => { r.definitions.tests.ttft_ms = 'a text'; },
];
changes.forEach((change, i) => {
  const copy = structuredClone(whole);
  change(copy);
  if (judge(copy)) throw new Error(`the schema accepts change ${i}: ${change}`);
});
JS
