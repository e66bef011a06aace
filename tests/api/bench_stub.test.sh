#!/usr/bin/env bash
# The whole way of a benchmark against our own server: nine tests, a store, reports; then a run that is killed in the
# middle and goes on, one that is interrupted, and servers that are not there.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() { echo "FAILED: $*" >&2; exit 1; }
rows() { sqlite3 "$1/results.sqlite" "$2"; }
measured="SELECT count(*) FROM test WHERE phase = 'measure'"
# Runs a command that must end with this exit code.
expect() {
    local wanted=$1 status=0
    shift
    "$@" || status=$?
    test "$status" -eq "$wanted" || fail "exit code $status, not $wanted: $*"
}
# Waits until a condition (a command) holds, at most half a minute.
wait_for() { for _ in $(seq 300); do "$@" && return 0; sleep 0.1; done; fail "waited in vain for: $*"; }

# ---- a whole run ----
"$SPILLWAY" bench --serve stub: --modes stream --repeat 1 --pause 0 --out whole -- --stub-rate 2000 >table 2>progress
grep -q '^success  *9 of 9$' table || fail "table: $(cat table)"
test "$(grep -c ' ok ' table)" -eq 9 || fail "the table has not nine rows"
grep -q '^9 of 9 ok$' progress || fail "progress: $(cat progress)"
! grep -q $'\x1b' table progress || fail "escape sequences where no terminal is"
test "$(rows whole "$measured AND status = 'completed'")" -eq 9 || fail "nine tests are not stored"
test "$(rows whole "SELECT count(*) FROM test WHERE phase = 'warmup'")" -eq 1 || fail "no warm-up"
test "$(rows whole "SELECT status FROM run")" = ok || fail "status of the run"
test "$(rows whole "SELECT count(*) FROM fact WHERE name LIKE 'load_%_ms' AND number > 0")" -ge 1 || fail "no load time"
test "$(rows whole "SELECT count(*) > 0 FROM sample WHERE private_bytes > 0")" -eq 1 || fail "no memory samples"
test "$(rows whole "SELECT count(*) FROM test t WHERE phase = 'measure' AND
    (SELECT count(*) FROM event e WHERE e.test_id = t.id) < 1")" -eq 0 || fail "a test without token times"
test -s whole/report.md && test -s whole/report.html || fail "no report"
test "$(grep -c '^<article id="answer-' whole/report.html)" -eq 9 || fail "the page has not nine answers"

# ---- on a terminal: a live line, also in the pause, and a clean end ----
printf '{"version":1,"name":"n","tests":[{"name":"first","prompt":"p","max_tokens":20},
    {"name":"second","prompt":"q","max_tokens":20}]}' >two.json
script -qec "env -u CI TERM=xterm '$SPILLWAY' bench --serve stub: --protocol two.json --pause 0.3 --out live -- --stub-rate 50" \
    terminal </dev/null >/dev/null || fail "on a terminal: $(cat terminal)"
grep -q '\[1/2\] first .*tok/s' terminal || fail "no live line"
grep -q '\[1/2\] pause  1 s' terminal || fail "no pause"
grep -q 'second: .*ok.*tok/s' terminal || fail "no line of a finished test"

# ---- the same again from the store, as JSON and as files ----
"$SPILLWAY" report whole --json >first.json
"$SPILLWAY" report whole --json | cmp - first.json || fail "the same store gives two reports"
rm whole/report.md whole/report.html
"$SPILLWAY" report whole/results.sqlite >/dev/null
test -s whole/report.md && test -s whole/report.html || fail "the report was not made again"

# ---- killed in the middle, then resumed ----
"$SPILLWAY" bench --serve stub: --modes stream --repeat 1 --pause 0 --out killed --quiet -- --stub-rate 60 >/dev/null &
pid=$!
stored_one() { test "$(rows killed "$measured" 2>/dev/null || echo 0)" -ge 1; }
wait_for stored_one
kill -KILL "$pid"
expect 137 wait "$pid"
before=$(rows killed "$measured")
test "$before" -ge 1 && test "$before" -lt 9 || fail "killed after $before tests"
kept=$(rows killed "SELECT group_concat(id || name || end_ns) FROM test WHERE phase = 'measure'")
sqlite3 killed/results.sqlite "UPDATE run SET options_json = replace(options_json, '\"60\"', '\"2000\"')"
"$SPILLWAY" bench --resume killed --quiet >table
grep -q '^success  *9 of 9$' table || fail "resumed: $(cat table)"
test "$(rows killed "SELECT group_concat(id || name || end_ns) FROM
    (SELECT * FROM test WHERE phase = 'measure' ORDER BY id LIMIT $before)")" = "$kept" || fail "old results changed"
test "$(rows killed "SELECT status FROM run")" = ok || fail "status of the resumed run"
test "$(rows killed "SELECT count(*) FROM run")" -eq 1 || fail "resuming made a second run"

# ---- interrupted: partial results, no server left ----
"$SPILLWAY" bench --serve stub: --modes stream --repeat 1 --pause 0 --out interrupted -- --stub-rate 60 >table 2>progress &
pid=$!
stored_one() { test "$(rows interrupted "$measured" 2>/dev/null || echo 0)" -ge 1; }
wait_for stored_one
url=$(rows interrupted "SELECT url FROM run")
kill -TERM "$pid"
expect 143 wait "$pid"
test -s interrupted/report.html || fail "no report of what was done"
test "$(rows interrupted "SELECT status FROM run")" = aborted || fail "status of the interrupted run"
grep -q 'spillway bench --resume interrupted' progress || fail "it does not say how to go on"
! curl -s -o /dev/null "$url/health" || fail "the server outlived the benchmark"

# ---- what goes wrong says so ----
expect 1 "$SPILLWAY" bench --url http://127.0.0.1:9 2>message
grep -q 'no server answers at http://127.0.0.1:9' message || fail "message: $(cat message)"
test ! -e results || fail "a run that never began left a folder"
expect 1 "$SPILLWAY" bench --serve stub: --out gone -- --ctx-size none 2>message
grep -q 'gone/server.log says why' message || fail "message: $(cat message)"
printf broken >broken.gguf
expect 1 "$SPILLWAY" bench --serve broken.gguf 2>message
grep -q "broken.gguf" message || fail "message: $(cat message)"
expect 1 "$SPILLWAY" bench --serve no-such-model.gguf 2>message
grep -q "no-such-model.gguf" message || fail "message: $(cat message)"
test ! -e results || fail "a run that never began left a folder"
expect 2 "$SPILLWAY" bench 2>/dev/null
expect 2 "$SPILLWAY" bench --url http://h --serve stub: 2>/dev/null
expect 2 "$SPILLWAY" bench --serve stub: extra 2>/dev/null
expect 2 "$SPILLWAY" bench --serve stub: -- --api-key secret 2>/dev/null
expect 1 "$SPILLWAY" report empty-folder 2>/dev/null
printf '{"version":1,"name":"n","tests":[{"name":"a","prompt":"p"}]}' >bad.json
expect 1 "$SPILLWAY" bench --serve stub: --protocol bad.json 2>message
grep -q 'bad.json: line 1: tests\[0\].max_tokens' message || fail "message: $(cat message)"

# ---- a test that fails is a result ----
printf '{"version":1,"name":"n","tests":[{"name":"good","prompt":"p","max_tokens":5},
    {"name":"too long","prompt":"%s","max_tokens":5}]}' "$(head -c 400000 /dev/zero | tr '\0' 'x' | sed 's/x/x /g')" >long.json
expect 3 "$SPILLWAY" bench --serve stub: --protocol long.json --out failing --quiet >table
grep -q '^success  *1 of 2$' table || fail "table: $(cat table)"
test "$(rows failing "SELECT status FROM run")" = failed_threshold || fail "status of the failing run"
