#!/usr/bin/env bash
# `spillway stress` over real sockets: stages in order, a run that is killed and resumed, stages that a given server cannot
# do, what is refused, and what the list says.
. "$(dirname "$0")/lib.sh"
models=$SPILLWAY_SOURCE/models

rows() { sqlite3 "$1/results.sqlite" "$2"; }
wait_for() { for _ in $(seq 300); do "$@" && return 0; sleep 0.05; done; fail "waited in vain for: $*"; }
asked="SELECT stage || '/' || session || '/' || turn || '/' || item FROM staged ORDER BY stage, session, turn"

# A whole run; on a machine that is busy with other things it says so, and is invalid.
completes() {
  local code=0
  "$SPILLWAY" stress "$@" >"$work/.out" 2>"$work/.err" || code=$?
  [ "$code" = 0 ] || { [ "$code" = 4 ] && grep -qF 'other processes used' "$work/.out"; } || fail "spillway stress $*: exit code $code"
}

cat >s.json <<'JSON'
{"version": 1, "suite": "short", "title": "A short suite",
 "prompts": [{"name": "greeting", "prompt": "Hello, how are you?"},
             {"name": "search", "prompt": "Explain how binary search works"}],
 "stages": [{"name": "two at once", "work": "sessions", "sessions": 2, "requests": 3, "max_tokens": [20, 12]},
            {"name": "transports", "work": "transports", "routes": ["sse", "json", "ndjson"], "max_tokens": [20]},
            {"name": "mixed", "work": "sessions", "sessions": 3, "requests": 2, "routes": ["websocket", "ndjson", "sse"], "max_tokens": [20, 12]},
            {"name": "fresh", "work": "sessions", "requests": 2, "max_tokens": [20, 12], "restart": true},
            {"name": "one thread", "work": "sessions", "requests": 2, "max_tokens": [20, 12], "serve": ["--threads", "1"]},
            {"name": "rest", "work": "idle", "duration_s": 0.2}]}
JSON

# ---- a whole run: every stage is done, and the same item has the same text, whatever the transport, batch or server ----
completes "$models/demo-gpt-oss.gguf" --protocol s.json --out whole
says out "short: two at once"
says out "inconclusive  endurance: too little"
[ "$(rows whole "SELECT group_concat(ending) FROM stage")" = done,done,done,done,done,done ] || fail "the endings of the stages"
[ "$(rows whole "SELECT count(*) FROM staged")" = 22 ] || fail "the number of requests"
[ "$(rows whole "SELECT max(n) FROM (SELECT count(DISTINCT answer) AS n FROM test JOIN staged ON test_id = id
  GROUP BY item)")" = 1 ] || fail "the same question has two answers"
[ "$(rows whole "SELECT count(DISTINCT command) FROM server")" = 2 ] || fail "the options of the servers"
[ "$(rows whole "SELECT count(*) FROM server")" = 4 ] || fail "the number of servers"
[ "$(rows whole "SELECT count(DISTINCT variant || mode) FROM test WHERE phase = 'measure'")" = 4 ] || fail "the transports"
[ "$(rows whole "SELECT count(*) FROM sample WHERE t_ms >= (SELECT start_ms FROM stage WHERE work = 'idle')")" -ge 2 ] ||
  fail "nothing was sampled while nothing was asked"
test -s whole/report.html || fail "no report"
expect 0 report whole --format json
completes --resume whole --json # nothing is missing
python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); assert [s["completed"] for s in d["stages"]] == [6, 6, 6, 2, 2, 0], d' .out

# ---- killed in the middle and resumed: the same requests ----
"$SPILLWAY" serve stub: --stub-rate 200 --parallel 4 --bind 127.0.0.1:0 >url 2>/dev/null &
stub_pid=$!
trap 'kill "$stub_pid" 2>/dev/null; rm -rf "$work"' EXIT
has_url() { [ -s url ]; }
wait_for has_url
url=$(head -1 url)
"$SPILLWAY" stress --url "$url" --protocol s.json --out killed --quiet >/dev/null 2>&1 &
pid=$!
stored_some() { [ "$(rows killed "SELECT count(*) FROM staged" 2>/dev/null || echo 0)" -ge 3 ]; }
wait_for stored_some
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
[ "$(rows killed "SELECT count(*) FROM staged")" -lt 18 ] || fail "it was not killed in the middle"
expect 0 report killed
completes --resume killed --quiet
[ "$(rows killed "$asked")" = "$(rows whole "$asked" | grep -v '^[34]/')" ] || fail "resumed, the requests are: $(rows killed "$asked")"
[ "$(rows killed "SELECT group_concat(ending) FROM stage")" = done,done,done,skipped,skipped,done ] || fail "the endings after resuming"
says out "skipped: a server of --url is not restarted"
[ "$(rows killed "SELECT n_sessions FROM run")" = 2 ] || fail "the number of sessions"

# ---- clients that leave are no failures ----
cat >l.json <<'JSON'
{"version": 1, "suite": "leaving", "title": "Clients that leave", "prompts": [{"name": "greeting", "prompt": "Hello, how are you?"}],
 "stages": [{"name": "half leave", "work": "sessions", "sessions": 2, "requests": 8, "max_tokens": [60], "leave_share": 0.5}]}
JSON
completes --url "$url" --protocol l.json --out left --quiet
[ "$(rows left "SELECT group_concat(DISTINCT status) FROM (SELECT status FROM test WHERE phase = 'measure' ORDER BY status)")" = \
  canceled,completed ] || fail "they did not leave"

# ---- interrupted: what was done is kept, and the exit code is the signal's ----
"$SPILLWAY" stress --url "$url" --scenario marathon --duration 60s --out cut --quiet >/dev/null 2>&1 &
pid=$!
cut_some() { [ "$(rows cut "SELECT count(*) FROM staged" 2>/dev/null || echo 0)" -ge 3 ]; }
wait_for cut_some
kill -INT "$pid"
status=0
wait "$pid" || status=$?
[ "$status" = 130 ] || fail "the exit code of an interrupted run is $status"
[ "$(rows cut "SELECT status || ' ' || ending FROM run, stage WHERE position = 0")" = "aborted cut" ] || fail "an interrupted run"
[ "$(rows cut "SELECT ending FROM stage WHERE position = 1")" = planned ] || fail "a stage that was not begun"

# ---- a server that dies costs its stage; resumed, nothing is missing ----
cat >d.json <<'JSON'
{"version": 1, "suite": "dying", "title": "A server that dies", "prompts": [{"name": "greeting", "prompt": "Hello, how are you?"}],
 "stages": [{"name": "long", "work": "sessions", "requests": 20, "max_tokens": [60]},
            {"name": "after it", "work": "sessions", "requests": 1, "max_tokens": [20]}]}
JSON
"$SPILLWAY" stress --serve stub: --protocol d.json --out dies --quiet -- --stub-rate 400 >/dev/null 2>&1 &
pid=$!
dies_some() { [ "$(rows dies "SELECT count(*) FROM staged" 2>/dev/null || echo 0)" -ge 1 ]; }
wait_for dies_some
kill -KILL "$(rows dies "SELECT CAST(number AS INTEGER) FROM fact WHERE name = 'process_id' ORDER BY rowid DESC LIMIT 1")"
status=0
wait "$pid" || status=$?
[ "$status" = 1 ] || fail "the exit code of a run whose server died is $status"
[ "$(rows dies "SELECT group_concat(ending) FROM stage")" = failed,done ] || fail "the stages of a server that died"
status=0
"$SPILLWAY" stress --resume dies --quiet >"$work/.out" 2>"$work/.err" || status=$? # one request failed with the server
[ "$(rows dies "SELECT group_concat(ending) FROM stage")" = done,done ] || fail "the stages after resuming"
[ "$(rows dies "SELECT count(*) FROM staged JOIN test ON test_id = id WHERE stage = 0")" = 20 ] || fail "requests are missing"

# ---- what is refused, and the list ----
expect 2 stress --url "$url" --suite nope --out x
says err "no suite 'nope'"
expect 2 stress --resume killed --scale 2
expect 2 stress --url "$url" --duration 0s
expect 2 stress
expect 0 stress --list
says out "concurrent"
says out "marathon"
expect 0 protocol check s.json
says out "suite short, 6 stages"
expect 0 protocol show basic
expect 0 protocol schema stress
cmp "$work/.out" "$SPILLWAY_SOURCE/docs/stress.schema.json" || fail "the schema is not the published one"
