#!/usr/bin/env bash
# Runs of several models and modes: their order, a run that is killed and resumed, sweeps, open loops, time budgets,
# servers that die, and options that say nothing.
. "$(dirname "$0")/lib.sh"
models=$SPILLWAY_SOURCE/models

rows() { sqlite3 "$1/results.sqlite" "$2"; }
wait_for() { for _ in $(seq 300); do "$@" && return 0; sleep 0.05; done; fail "waited in vain for: $*"; }
measured="SELECT count(*) FROM test WHERE phase = 'measure'"
# Which tests of which model and mode, in the order in which they were stored.
asked="SELECT subject || mode || test_index || repeat || variant FROM test WHERE phase = 'measure' ORDER BY id"

cat >p.json <<'JSON'
{"name": "two", "version": 1, "warmup": {"prompt": "Hello", "max_tokens": 3},
 "tests": [{"name": "first", "prompt": "Hello, how are you?", "max_tokens": 20},
           {"name": "second", "prompt": "Explain how binary search works", "max_tokens": 20}]}
JSON

# ---- two models, two modes, two repetitions: models in the protocol's order, modes alternating ----
expect 0 bench "$models/demo-gpt-oss.gguf" "$models/demo-deepseek.gguf" --protocol p.json --modes stream,whole --repeat 2 \
  --pause 0.1 --out whole
says err "differs from the protocol: modes stream,whole in place of stream"
says err "demo-deepseek: stream 4 of 4 ok, whole 4 of 4 ok"
says err "demo-gpt-oss: stream 4 of 4 ok, whole 4 of 4 ok"
wanted=$(for s in 0 1; do for r in 0 1; do for m in stream whole; do for i in 0 1; do echo "$s$m$i$r"; done; done; done; done)
[ "$(rows whole "$asked")" = "$wanted" ] || fail "the order is another: $(rows whole "$asked")"
[ "$(rows whole "SELECT group_concat(name) FROM subject")" = demo-deepseek,demo-gpt-oss ] || fail "the order of the models"
[ "$(rows whole "SELECT count(*) FROM server WHERE side = 'offloaded' AND session = 0")" = 2 ] || fail "the servers"
[ "$(rows whole "SELECT group_concat(text) FROM fact WHERE name = 'protocol_difference'")" = \
  "repetitions 2 in place of 1,pause 0.1 s in place of 0 s,modes stream,whole in place of stream" ] || fail "the differences"
[ "$(rows whole "SELECT count(*) FROM test WHERE phase = 'measure' AND mode = 'whole' AND status = 'completed'")" = 8 ] ||
  fail "answers that are not streamed"
rows whole "SELECT status || ' ' || fingerprint FROM run" | grep -Eq '^[a-z_]+ sha256:[0-9a-f]{64}$' || fail "no fingerprint"

# ---- killed in the middle, resumed: the same tests as without ----
"$SPILLWAY" bench "$models/demo-gpt-oss.gguf" "$models/demo-deepseek.gguf" --protocol p.json --modes stream,whole --repeat 2 \
  --pause 0.1 --out killed --quiet >/dev/null &
pid=$!
stored_three() { [ "$(rows killed "$measured" 2>/dev/null || echo 0)" -ge 3 ]; }
wait_for stored_three
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
before=$(rows killed "$asked")
[ "$(echo "$before" | wc -l)" -lt 16 ] || fail "it was not killed in the middle"
expect 0 bench --resume killed --quiet
[ "$(rows killed "$asked")" = "$wanted" ] || fail "resumed, the tests are: $(rows killed "$asked")"
[ "$(rows killed "SELECT n_sessions FROM run")" = 2 ] || fail "the number of sessions"
[ "$(rows killed "SELECT group_concat(DISTINCT session) FROM server")" = 0,1 ] || fail "the sessions of the servers"
[ "$(rows killed "SELECT fingerprint FROM run")" = "$(rows whole "SELECT fingerprint FROM run")" ] || fail "another fingerprint"
expect 0 bench --resume killed --quiet # nothing is missing
[ "$(rows killed "$measured")" = 16 ] || fail "a complete run was asked again"

# ---- a server of many models, by name; one that it does not have costs only itself ----
"$SPILLWAY" serve stub: --stub-rate 100 --parallel 4 --bind 127.0.0.1:0 >url 2>/dev/null &
stub_pid=$!
trap 'kill "$stub_pid" 2>/dev/null; rm -rf "$work"' EXIT
has_url() { [ -s url ]; }
wait_for has_url
url=$(head -1 url)
expect 1 bench --url "$url" --model nope --model stub --protocol p.json --pause 0 --out names
says err "has no model 'nope' and answered with 'stub'"
[ "$(rows names "SELECT group_concat(subject) FROM test WHERE phase = 'measure'")" = 1,1 ] || fail "the model that it has"
[ "$(rows names "SELECT subject || ' ' || number || ' ' || text FROM fact WHERE name = 'not_run'")" = \
  "0 2.0 2 of 2 tests not run, from 'first' on" ] || fail "what was not run: $(rows names "SELECT * FROM fact")"
[ "$(rows names "SELECT status FROM run")" = aborted ] || fail "the status"

# How much of a short run its requests overlap depends on the machine: it may be inconclusive.
overlaps() {
  local code=0
  "$SPILLWAY" bench --url "$url" --protocol p.json --quiet "$@" >.out 2>.err || code=$?
  [ "$code" = 0 ] || [ "$code" = 4 ] || fail "bench $*: exit code $code"
}

# ---- an open loop: requests overlap, and none is sent before its time ----
overlaps --repeat 4 --arrivals poisson --rate 20 --concurrency 4 --seed 7 --out open
[ "$(rows open "SELECT count(*) FROM test WHERE scheduled_ns > 0")" = 0 ] || fail "a request before its time"
[ "$(rows open "SELECT count(*) > 0 FROM test WHERE scheduled_ns < 0")" = 1 ] || fail "the schedule is not stored"
[ "$(rows open "SELECT count(*) FROM test a, test b WHERE a.id < b.id AND a.phase = 'measure' AND b.phase = 'measure' AND
  b.start_ms < a.start_ms + a.end_ns / 1000000 AND a.start_ms < b.start_ms + b.end_ns / 1000000")" -gt 0 ] ||
  fail "no requests overlap"
[ "$(rows open "$measured AND status = 'completed'")" = 8 ] || fail "the open loop is not complete"

# ---- a sweep, cold requests, several at once ----
expect 0 bench --url "$url" --protocol p.json --pause 0 --modes stream,cold --sweep temperature=0,0.7 --out sweep --quiet
[ "$(rows sweep "$asked" | tr '\n' ' ')" = \
  "0stream00 0cold00 0stream10 0cold10 0sweep00temperature=0 0sweep10temperature=0 0sweep00temperature=0.7 0sweep10temperature=0.7 " ] ||
  fail "the sweep: $(rows sweep "$asked")"
[ "$(rows sweep "SELECT max(max_tokens) FROM test WHERE mode = 'cold'")" = 8 ] || fail "cold requests are long"
overlaps --pause 0 --concurrency 2 --out both
[ "$(rows both "SELECT count(*) FROM test a, test b WHERE a.id < b.id AND a.phase = 'measure' AND b.phase = 'measure' AND
  b.start_ms < a.start_ms + a.end_ns / 1000000 AND a.start_ms < b.start_ms + b.end_ns / 1000000")" = 1 ] || fail "not at once"

# ---- a time budget that does not suffice, and then one that does ----
expect 4 bench --url "$url" --protocol p.json --pause 0 --repeat 40 --time-budget 2 --out budget
says err "continue with: spillway bench --resume budget"
[ "$(rows budget "SELECT status || ': ' || trim(reasons, char(10)) FROM run")" = \
  "inconclusive: the time budget of 2 s does not suffice for all tests" ] || fail "the status: $(rows budget "SELECT status, reasons FROM run")"
rows budget "SELECT text FROM fact WHERE name = 'not_run'" |
  grep -q "of 80 tests not run, from '[a-z]*' on: the time budget of 2 s does not suffice" || fail "what was not run"
[ "$(rows budget "$measured")" -gt 0 ] || fail "nothing was run within the budget"
sqlite3 budget/results.sqlite "UPDATE run SET options_json = replace(options_json, '\"repetitions\":40', '\"repetitions\":6'), n_planned = 12"
expect 0 bench --resume budget --time-budget 600 --quiet
[ "$(rows budget "SELECT number FROM fact WHERE name = 'not_run' ORDER BY rowid DESC LIMIT 1")" = 0.0 ] || fail "nothing is missing now"

# ---- a server that dies ends the turn of its model, and not the run ----
"$SPILLWAY" bench stub: "$models/demo-gpt-oss.gguf" --protocol p.json --pause 0.5 --repeat 2 --out dies >.out 2>.err -- \
  --stub-rate 50 &
pid=$!
stored_stub() { [ "$(rows dies "$measured AND subject = 1" 2>/dev/null || echo 0)" -ge 1 ]; }
wait_for stored_stub
kill -KILL "$(rows dies "SELECT CAST(number AS INTEGER) FROM fact WHERE name = 'process_id' AND subject = 1")"
code=0
wait "$pid" || code=$?
[ "$code" = 1 ] || fail "a server that died: exit code $code"
[ "$(rows dies "$measured AND subject = 0 AND status = 'completed'")" = 4 ] || fail "the other model"
[ "$(rows dies "SELECT status FROM run")" = aborted ] || fail "the status"

# ---- a folder of models, each side of it; files that are no models are named ----
mkdir folder
cp "$models/demo-gpt-oss.gguf" folder/
echo nothing >folder/broken.gguf
expect 0 bench --model-dirs folder --protocol p.json --pause 0 --repeat 2 --modes stream,reference --slo ttft=5000,e2e=60000 --out sides
says err "broken.gguf is passed over: "
[ "$(rows sides "$asked" | tr '\n' ' ')" = "0stream00 0stream10 0reference00 0reference10 0stream01 0stream11 0reference01 0reference11 " ] ||
  fail "the sides do not alternate: $(rows sides "$asked")"
[ "$(rows sides "SELECT group_concat(side) FROM server")" = offloaded,reference ] || fail "the servers of the two sides"
[ "$(rows sides "SELECT count(DISTINCT server || mode) FROM test")" = 2 ] || fail "a test of another server"
[ "$(rows sides "SELECT group_concat(name || number) FROM fact WHERE name LIKE 'objective%'")" = \
  objective_ttft_ms5000.0,objective_e2e_ms60000.0 ] || fail "the objectives"
[ "$(rows sides "SELECT group_concat(DISTINCT text) FROM fact WHERE name = 'temperature_source'")" = answer ] || fail "the temperature"

# ---- options that say nothing, or contradict each other ----
refused() {
  local wanted=$1
  shift
  expect 2 bench "$@" --out refused
  says err "$wanted"
  [ ! -e refused ] || fail "a run that was refused left a folder"
}
refused "exclude each other" --url "$url" stub:
refused "exclude each other" --serve stub: stub:
refused "exclude each other" --serve stub: --model-dirs .
refused "give models" --pause 0
refused "names a model at the server of --url" stub: --model x
refused "is for a server of --url" stub: --api-key k
refused "is for a server of --url" stub: --server-pid 1
refused "not for that of --url" --url "$url" -- --threads 1
refused "--rate has no effect in a closed loop" stub: --rate 3
refused "needs --rate" stub: --arrivals constant --concurrency 2
refused "needs --concurrency" stub: --arrivals constant --rate 3
refused "--pause has no effect with --arrivals" --url "$url" --arrivals burst --rate 1 --concurrency 2 --pause 1
refused "--modes reference is for models that the benchmark serves itself" --url "$url" --modes stream,reference
refused "--modes takes a list of" stub: --modes stream,fast
refused "--sweep takes temperature=" stub: --sweep seed=1,2
refused "--slo takes milliseconds" stub: --slo ttft=fast
refused "--route takes" stub: --route telex
refused "always streams" --url "$url" --route shimmy-ws --modes whole
refused "--repeat takes a whole number from 1 to 1000" stub: --repeat 0
printf '{"version":1,"name":"n","tests":[{"name":"a","prompt":"p","max_tokens":1}]}' >cold.json
refused "the protocol has no warm-up" stub: --protocol cold.json --warmup steady
for option in '--pause 0' '--repeat 2' '--modes stream' '--sweep temperature=0' '--seed 1' '--no-run-code'; do
  # shellcheck disable=SC2086
  expect 2 bench --resume whole $option
  says err "--resume has the settings of its run"
done
expect 2 bench --resume whole stub:
says err "--resume measures the models of its run"
expect 2 bench --resume whole --url "$url"
says err "the run started its own servers"
