#!/usr/bin/env bash
# `spillway report RUN RUN...`: runs of folders, stores and STORE:all side by side; stores of schema 1 among new ones; damaged
# stores; fifty runs on one page; hostile names; wrong usage.
. "$(dirname "$0")/lib.sh"
stores=$SPILLWAY_SOURCE/tests/data/stores
cat >protocol.json <<'JSON'
{"name": "small", "version": 1, "temperature": 0, "seed": 1, "repetitions": 3, "modes": ["stream"],
 "tests": [{"name": "one", "prompt": "Say one", "max_tokens": 30}, {"name": "two", "prompt": "Say two", "max_tokens": 40}]}
JSON
expect 0 bench --serve stub: --protocol protocol.json --out first --quiet
cp -r first second
sqlite3 second/results.sqlite "UPDATE event SET t_ns = t_ns * 2; UPDATE test SET end_ns = end_ns * 2;
  UPDATE run SET started_unix_ms = started_unix_ms + 1000"

# ---- files and forms ----
sum=$(cat first/* second/* | cksum)
expect 0 report first second
says out ./overview.md
grep -q '^# 2 benchmark runs side by side$' overview.md || fail "overview.md is of something else"
grep -q 'run 1 surely has the highest rate over whole answers' overview.md || fail "the faster run is not named"
grep -q '<title>2 benchmark runs side by side' overview.html || fail "overview.html is of something else"
! grep -qi '<script' overview.html || fail "the page has a script"
mkdir elsewhere
expect 0 report second:1 first/results.sqlite:1 --out elsewhere
grep -q 'run 2 surely has the highest rate' elsewhere/overview.md || fail "the order of the runs does not decide"
[ "$(cat first/* second/* | cksum)" = "$sum" ] || fail "a store was changed"
expect 0 report first second --format table
says out 'ttft_ms: time to the first token'
is_plain out
expect 0 report first second --json
python3 - <<'PY'
import json
page = json.load(open(".out"))
assert page["schema"] == 1 and page["knob"] is None and page["groups"] == 1, page
assert [r["name"] for r in page["runs"]] == ["first:1", "second:1"], page["runs"]
a, b = ([m for m in e["metrics"] if m["metric"] == "overall_tps"][0] for e in page["entries"])
assert a["verdict"] == "best" and b["verdict"] == "behind" and a["answers"] == b["pairs"] == 6, (a, b)
assert abs(b["from_best"] + 0.5) < 0.01 and [t["test"] for t in page["entries"][0]["tests"]] == ["one", "two"], b
PY
expect 0 report first second --format csv
python3 - <<'PY'
import csv
rows = list(csv.DictReader(open(".out")))
assert [r["name"] for r in rows] == ["first:1", "second:1"] and rows[0]["overall_tps_verdict"] == "best", rows
PY
expect 0 report first --run 1 --format csv # one run is what it was
grep -q '^"run","model_name","mode"' .out || fail "one run is not reported as one"
expect 0 report first:1 --out elsewhere
says out elsewhere/report.md

# ---- all runs of a store, and old ones among them ----
"$SPILLWAY" runs merge all.sqlite first second >/dev/null
expect 0 report all.sqlite:all --json
python3 -c 'import json; assert len(json.load(open(".out"))["runs"]) == 2'
expect 0 report all.sqlite --all --json
python3 -c 'import json; assert len(json.load(open(".out"))["runs"]) == 2'
expect 0 report "$stores/schema1.sqlite" all.sqlite:all "$stores/schema1-resumed.sqlite" --json
python3 - <<'PY'
import json
page = json.load(open(".out"))
assert len(page["runs"]) == 4, page["runs"]
groups = [e["group"] for e in page["entries"]]
assert groups[1] == groups[2] == 1 and all(g != 1 for g in groups[:1] + groups[3:]), groups # unlike runs are not ranked
PY

# ---- runs that cannot be read ----
mkdir bad
head -c 5000 first/results.sqlite >bad/results.sqlite
expect 1 report first bad second --json
says err bad/results.sqlite
expect 0 report first bad second --skip-bad
grep -q 'bad/results.sqlite was left out: .*bad/results.sqlite' overview.md || fail "the page does not name what was left out"
expect 1 report bad bad --skip-bad
says err 'no run could be read'
expect 1 report first nowhere --skip-bad # a name that is wrong is no damage
says err 'nowhere does not exist'
expect 1 report first:1 first:7
says err 'has no run 7'

# ---- many ----
python3 - <<'PY'
import shutil, sqlite3
for i in range(51):
    shutil.copy("first/results.sqlite", f"{i:02}.sqlite")
    db = sqlite3.connect(f"{i:02}.sqlite")
    db.execute("UPDATE run SET started_unix_ms = started_unix_ms + 60000 * ?", (i,))
    db.commit()
PY
mkdir many
start=$(date +%s%N)
expect 0 report [0-4][0-9].sqlite --out many
echo "50 runs in $((($(date +%s%N) - start) / 1000000)) ms" # decides nothing
[ "$(grep -c '^### Run ' many/overview.md)" = 50 ] || fail "not every run has its part"
[ "$(grep -o '<h3 id="run-' many/overview.html | wc -l)" = 50 ] || fail "not every run is on the page"
"$SPILLWAY" runs merge many.sqlite [0-4][0-9].sqlite >/dev/null
expect 0 report many.sqlite:all many.sqlite:all --format csv
[ "$(wc -l <.out)" = 101 ] || fail "100 runs are not 100 lines"
expect 1 report many.sqlite:all many.sqlite:all 50.sqlite --format csv
says err 'at most 100 runs'

# ---- names from outside ----
hostile="<script>alert(1)</script> | [x](javascript:x) =cmd"
sqlite3 second/results.sqlite "UPDATE model SET name = '$hostile'; UPDATE server SET software = '$hostile'" 2>/dev/null ||
  sqlite3 second/results.sqlite "UPDATE subject SET name = '$hostile'; UPDATE server SET software = '$hostile'"
expect 0 report first second
! grep -q '<script\|<img' overview.html || fail "a name became markup"
! grep -q '[^\\]\[x\](' overview.md || fail "a name became a link"
expect 0 report first second --format table
is_plain out

# ---- wrong usage ----
expect 2 report first second --run 1
says err 'several are named as STORE:ID'
expect 2 report first second --share x.json
says err 'for one run'
expect 2 report first --knob version
says err 'for a page of several runs'
expect 2 report first --skip-bad
expect 2 report first second --format jsonl
says err 'not as jsonl'
expect 2 report first second --out . --json
says err '--out is for files'
expect 2 report first second --knob colour
says err "--knob takes version, protocol, "
expect 2 report first:1 --run 2
says err 'has a number'
