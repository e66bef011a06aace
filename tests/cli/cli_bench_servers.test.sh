#!/usr/bin/env bash
# spillway bench against servers that misbehave: it ends by itself, says what happened, and shows no raw control character.
. "$(dirname "$0")/lib.sh"

python3 "$SPILLWAY_SOURCE/tests/cli/bad_servers.py" >base &
server_pid=$!
trap 'kill "$server_pid"; rm -rf "$work"' EXIT
for _ in $(seq 500); do [ -s base ] && break; sleep 0.02; done
base=$(cat base)
[ -n "$base" ] || fail "the server did not start"

cat >p.json <<'JSON'
{"name": "p\u001b[31m", "version": 1, "pause_s": 0, "warmup": {"prompt": "h", "max_tokens": 2},
 "tests": [{"name": "t\u001b[31m\u202e", "group": "g", "prompt": "\u009bx", "max_tokens": 10}]}
JSON
limits="--first-token-timeout 0.3 --idle-timeout 0.3 --connect-timeout 5 --test-timeout 20"

# measure CODE MODE [OPTIONS]: the whole run takes a minute at most; results are in ./MODE.
measure() {
  local wanted=$1 mode=$2 code=0
  shift 2
  url=$base/$mode
  # shellcheck disable=SC2086
  timeout 60 "$SPILLWAY" bench --url "$url" --protocol p.json --out "$mode" $limits "$@" >.out 2>.err || code=$?
  [ "$code" = "$wanted" ] || fail "mode $mode: exit code $code, expected $wanted"
  if [ -e "$mode/report.md" ]; then
    has_no_control .out .err "$mode/report.md" "$mode/report.html"
    ! grep -q '<script>alert' "$mode/report.html" || fail "mode $mode: a script in the page"
  else
    has_no_control .out .err
  fi
}

# C0 except newline, tab and return, DEL, C1, and overrides of the direction.
has_no_control() {
  python3 -I - "$@" <<'PYTHON' || fail "$* hold control characters"
import re, sys
for path in sys.argv[1:]:
    text = open(path, encoding="utf8", newline="").read()
    found = re.findall("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    if found:
        sys.exit(f"{path}: {len(found)}: {found[:5]}")
PYTHON
}

# ---- answers that never end; bad_answers.py has the others ----
measure 4 slow-endless
says err "ignores max_tokens: more than 24 pieces of text for 10 tokens"
code=0
timeout 60 "$SPILLWAY" bench --url "$base/slow-endless" --protocol p.json --out total --test-timeout 0.3 >.out 2>.err || code=$?
[ "$code" = 4 ] || fail "a test without end: exit code $code"
says err "not finished within 0.3 s"

# ---- what servers write reaches neither the terminal nor the reports as it is ----
measure 0 hostile
grep -q 'U+001B' hostile/report.md || fail "report.md hides what was there"
measure 4 hostile-error
for format in table md csv json jsonl html; do
  expect 0 report hostile --format $format
  has_no_control .out
done
expect 0 report hostile --format csv
[ "$(wc -l <.out)" = 2 ] || fail "not one line for one test"
python3 - <<'PYTHON' || fail "the values are not those of the run"
import csv, json, subprocess, os
rows = list(csv.DictReader(open(".out", newline="", encoding="utf8")))
report = json.loads(subprocess.run([os.environ["SPILLWAY"], "report", "hostile", "--json"], capture_output=True).stdout)
metrics = report["tests"][0]["metrics"]
assert len(rows) == 1 and rows[0]["status"] == "completed", rows
assert int(rows[0]["tokens"]) == metrics["tokens"] and rows[0]["count"] == "events", rows
assert abs(float(rows[0]["ttft_ms"]) - metrics["ttft_ms"]) < 1e-5 and rows[0]["decode_tps"] == "", rows
assert "\x1b" in report["tests"][0]["answer"] and "\u202e" in report["tests"][0]["answer"]
PYTHON
expect 0 report hostile --format html
without_nonce() { sed 's/[0-9a-f]\{32\}/NONCE/g' "$1"; } # each page has another
cmp <(without_nonce .out) <(without_nonce hostile/report.html) || fail "the page that is printed is another than the page that is written"
expect 0 report hostile --format jsonl
python3 - <<'PYTHON' || fail "the lines are not the tests of the document"
import json, subprocess, os
report = json.loads(subprocess.run([os.environ["SPILLWAY"], "report", "hostile", "--json"], capture_output=True).stdout)
assert [json.loads(line) for line in open(".out", encoding="utf8")] == report["tests"]
PYTHON
expect 2 report hostile --format xml
says err "table, md, csv, json, jsonl or html"

# ---- a request that would be refused every time ends the run at once ----
measure 4 no-model --model WRONG
says err "$url refuses model 'WRONG': HTTP 404: unknown model; it lists: m"
is_silent out
! grep -q resume .err || fail "it offers to resume what would be refused again"
measure 4 error-200 --model WRONG
says err "$url refuses model 'WRONG': no such model; it lists: m"
measure 4 other-model --model WRONG
says err "$url has no model 'WRONG' and answered with 'm'; it lists: m"
measure 4 key
says err "HTTP 401: a key is needed"
measure 0 no-model
measure 4 busy
says err "HTTP 503: no slot"
[ "$(sqlite3 busy/results.sqlite "SELECT count(*) FROM test WHERE phase = 'measure'")" = 1 ] || fail "busy is no refusal"

# ---- an address without a scheme; the memory of a proxy is not that of a server ----
measure 0 good
says err "the server's memory is not measured: 'python3"
says err "not known as a model server"
says out "memory peak"
[ "$(sqlite3 good/results.sqlite "SELECT count(*) FROM sample")" = 0 ] || fail "the memory of a proxy was measured"
expect 0 bench --url "${url#http://}" --protocol p.json --out short --server-pid "$server_pid"
[ "$(sqlite3 short/results.sqlite "SELECT count(*) > 0 FROM sample")" = 1 ] || fail "no memory of the process named"
expect 2 bench --url "$url" --protocol p.json --out none --server-pid 2147483646
says err "process 2147483646"
expect 2 bench --serve stub: --server-pid 1
expect 1 bench --url "https://${url#http://}" --protocol p.json --out tls
says err "TLS failed at https://"

# ---- tables fit the terminal; a pipe gets all of them ----
longest() { python3 -c 'import sys; print(max(len(l.rstrip("\r\n")) for l in open(sys.argv[1], encoding="utf8", newline="\n")))' "$1"; }
expect 0 report good --format table
says out "ended by"
for columns in 60 80 200; do
  script -qec "stty cols $columns; '$SPILLWAY' report good --format table" terminal </dev/null >/dev/null
  [ "$(sed '1d;$d' terminal | tee .out | wc -l)" -gt 5 ] || fail "no table on a terminal"
  [ "$(longest .out)" -le $columns ] || fail "$(longest .out) columns on a terminal of $columns"
  says out "decode"
done
script -qec "stty cols 80; '$SPILLWAY' report good --format table" terminal </dev/null >/dev/null
tr -s '\r\n ' ' ' <terminal | grep -q "No room for: .*ended by" || fail "columns are missing without a word"
