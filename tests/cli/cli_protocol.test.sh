#!/usr/bin/env bash
# `spillway protocol`: good files are lines of output, wrong ones name line and field; the schema judges the same.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scripts=$SPILLWAY_SOURCE/scripts
(cd "$SPILLWAY_SOURCE" && "$scripts/npm_packages" tests/api)
mkdir good bad

test_text='"name":"a","prompt":"p","max_tokens":1'
protocol() { # NAME MEMBERS [TEST]: writes a protocol, one member of it to a line
  printf '{"version":1,"name":"n",\n%s\n"tests":[\n{%s}]}\n' "${2:+$2,}" "${3:-$test_text}" >"$1.json"
}
protocol good/plain ''
protocol good/settings '"repetitions":3,"modes":["stream","whole","reference","cold"],"pause_s":0.5,"time_budget_s":9'
protocol good/open '"concurrency":4,"arrivals":{"process":"gamma","rate":3,"burstiness":0.5},"objectives":{"ttft_ms":1,"e2e_ms":2}'
protocol good/warmup '"warmup":{"filler_tokens":3,"max_tokens":1,"requests":2,"rule":"steady"}'
protocol good/filler '' '"name":"a","filler_tokens":10,"filler_seed":2,"max_tokens":1,"expected":"e","kind":"list","checks":[]'
checks() { protocol "$1" '' "$test_text"',"checks":['"$2"']'; } # NAME CHECKS
checks good/checks '{"name":"n","kind":"contains","any":["a|b"],"technical":true,"weight":2},{"name":"m","kind":"complete"},
{"name":"o","kind":"python","function":["f"],"cases":[[[1],2]],"needs":["n"]}'
checks bad/check-kind '{"name":"n","kind":"magic"}'
checks bad/check-empty '{"name":"n","kind":"contains"}'
checks bad/check-terms '{"name":"n","kind":"contains","all":[]}'
checks bad/check-member '{"name":"n","kind":"order","at_least":2}'
checks bad/check-missing '{"name":"n","kind":"topic","any":["a"]}'
checks bad/check-weight '{"name":"n","kind":"complete","weight":0}'
checks bad/check-cases '{"name":"n","kind":"python","function":["f"],"cases":[[1,2]]}'
checks bad/check-needs '{"name":"n","kind":"complete","needs":["n"]}'
protocol bad/repetitions '"repetitions":0'
protocol bad/modes '"modes":["stream","fast"]'
protocol bad/no-modes '"modes":[]'
protocol bad/rate '"arrivals":{"process":"closed","rate":1}'
protocol bad/no-rate '"arrivals":{"process":"poisson"}'
protocol bad/burstiness '"arrivals":{"process":"poisson","rate":1,"burstiness":1}'
protocol bad/unknown '"pause":1'
protocol bad/budget '"time_budget_s":0'
protocol bad/objective '"objectives":{"ttft":1}'
protocol bad/rule '"warmup":{"prompt":"p","max_tokens":1,"rule":"x"}'
protocol bad/seed '' "$test_text"',"filler_seed":1'
protocol bad/no-prompt '' '"name":"a","max_tokens":1'
protocol bad/outside '' '"name":"a","max_tokens":1,"prompt_file":"../x"'
protocol bad/temperature '' "$test_text"',"temperature":3'
protocol bad/expected '' "$test_text"',"expected":""'

"$SPILLWAY" protocol check good/*.json "$SPILLWAY_SOURCE"/protocols/*.json >.out 2>.err || fail "a good protocol is refused: $(cat .err)"
test "$(grep -c ': ok: ' .out)" -eq 7 || fail "not a line for each good protocol"
for f in bad/*.json; do
  status=0
  "$SPILLWAY" protocol check "$f" good/plain.json >.out 2>.err || status=$?
  test "$status" -eq 1 || fail "$f: exit code $status"
  grep -Eq "^spillway protocol: $f: line [24]: [a-z]" .err || fail "$f: no line in: $(cat .err)"
  grep -q '^good/plain.json: ok' .out || fail "a wrong file kept a good one from being checked"
done

# The published schema accepts and refuses the same files.
cd "$SPILLWAY_SOURCE/tests/api"
cat >"$work/judge.mjs" <<'JS'
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
const read = path => JSON.parse(readFileSync(path, 'utf8'));
const judge = new Ajv({ allErrors: true, strict: true, strictRequired: false, strictTypes: false, strictTuples: false }).compile(read(process.env.SCHEMA));
const files = process.argv.slice(2);
const middle = files.indexOf('--');
const wrong = files.filter((path, i) => i !== middle && judge(read(path)) !== (i < middle));
if (wrong.length > 0 || middle < 1) throw new Error(`the schema judges otherwise: ${wrong.join(' ')}`);
JS
SCHEMA=$SPILLWAY_SOURCE/docs/protocol.schema.json node --input-type=module - "$work"/good/*.json "$SPILLWAY_SOURCE"/protocols/*.json -- "$work"/bad/*.json <"$work/judge.mjs"

cd "$work"
"$SPILLWAY" protocol show >shown.json
cmp shown.json "$SPILLWAY_SOURCE/protocols/local-streaming.json" || fail "show is not the built-in protocol"
"$SPILLWAY" protocol schema | cmp - "$SPILLWAY_SOURCE/docs/protocol.schema.json" || fail "schema is not the published one"
for wrong in '' 'check' 'show x' 'nothing'; do
  status=0
  "$SPILLWAY" protocol $wrong >/dev/null 2>&1 || status=$?
  test "$status" -eq 2 || fail "protocol $wrong: exit code $status"
done

# Stress protocols: the published schema and the program judge the built-in ones and wrong ones alike.
mkdir stress
stage() { printf '{"version":1,"suite":"s","title":"t",\n"prompts":[{"name":"a","prompt":"p"}],\n"stages":[\n{"name":"n",%s}]}\n' "$2" >"stress/$1.json"; }
stage work '"work":"magic"'
stage tokens '"work":"sessions","requests":1,"max_tokens":[0]'
stage routes '"work":"transports","max_tokens":[1],"routes":["fax"]'
stage unknown '"work":"idle","duration_s":1,"durations":1'
stage sessions '"work":"sessions","sessions":0,"requests":1,"max_tokens":[1]'
criterion() { printf '{"version":1,\n\n"criteria":[\n{"criterion":"a","asked":"b","conditions":[%s]}]}\n' "$2" >"stress/$1.json"; }
criterion figure '{"figure":"speed","above":1}'
criterion bounds '{"figure":"recall","above":0,"below":1}'
criterion needs '{"figure":"run_s","at_least":1,"need":true}'
mapfile -t suites < <(grep -lE '"(stages|criteria)"' "$SPILLWAY_SOURCE"/protocols/stress/*.json) # beside banks of questions
"$SPILLWAY" protocol check "${suites[@]}" >.out 2>.err || fail "a built-in suite is refused: $(cat .err)"
for f in stress/*.json; do
  status=0
  "$SPILLWAY" protocol check "$f" >.out 2>.err || status=$?
  test "$status" -eq 1 || fail "$f: exit code $status"
  grep -Eq "^spillway protocol: $f: line 4: " .err || fail "$f: no line in: $(cat .err)"
done
cd "$SPILLWAY_SOURCE/tests/api"
SCHEMA=$SPILLWAY_SOURCE/docs/stress.schema.json node --input-type=module - "${suites[@]}" -- "$work"/stress/*.json <"$work/judge.mjs"
