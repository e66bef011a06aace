#!/usr/bin/env bash
# `spillway trend`: flat, drifting and stepping histories of stored runs; unlike, invalid and old ones; hostile texts.
. "$(dirname "$0")/lib.sh"
cat >protocol.json <<'JSON'
{"name": "small", "version": 1, "temperature": 0, "seed": 1, "repetitions": 3, "modes": ["stream"],
 "tests": [{"name": "one", "prompt": "Say one", "max_tokens": 30}]}
JSON
expect 1 trend nowhere
expect 4 trend
says err '0 alike runs'
expect 0 bench --serve stub: --protocol protocol.json --out first --quiet
expect 4 trend first
says err '1 alike runs have such figures; a trend needs 5'

# history NAME FACTORS...: copies of the run, one a day, whose times are multiplied; the version differs.
cat >history.py <<'PY'
import shutil, sqlite3, sys
for day, factor in enumerate(map(float, sys.argv[2:])):
    folder = f"{sys.argv[1]}/{day:02}"
    shutil.copytree("first", folder)
    db = sqlite3.connect(f"{folder}/results.sqlite")
    db.execute("UPDATE event SET t_ns = CAST(t_ns * ? AS INTEGER)", (factor,))
    db.execute("UPDATE test SET end_ns = CAST(end_ns * ? AS INTEGER)", (factor,))
    db.execute("UPDATE run SET started_unix_ms = started_unix_ms + 86400000 * ?, version = '0.' || ?", (day, day))
    db.execute("UPDATE server SET software = 'spillway 0.' || ?", (day,))
    db.commit()
PY
history() { python3 history.py "$@"; }
history flat 1.00 1.02 0.99 1.01 0.98 1.02 1.00 0.99 1.01 1.00 0.98 1.01
history drift 1.00 1.01 1.03 1.02 1.05 1.06 1.08 1.07 1.10 1.11
history step 1.00 1.02 0.99 1.01 0.98 1.02 1.21 1.19 1.22 1.20 1.18 1.21

# ---- what is found ----
expect 0 trend flat
! grep -E 'worse|better|step from' .out || fail "a flat history is none"
expect 0 trend drift --metric overall_tps
grep -qE '^overall_tps +stream .* -1\.[0-9]+% .* worse ' .out || fail "a drift is not found"
expect 0 trend step
grep -A1 '^overall_tps' .out | grep -q 'step from .* at step/06:1' || fail "a step is not found in its run"
expect 0 trend step --json --metric ttft_ms
python3 - <<'PY'
import json
found = json.load(open(".out"))
(row,) = found["trends"]
assert [r["spillway"] for r in found["runs"]] == [f"0.{i}" for i in range(12)], found["runs"]
assert len(row["values"]) == 12 and row["mode"] == "stream" and row["unit"] == "ms", row
assert [s["at"] for s in row["steps"]] == [6] and row["steps"][0]["after"] > 1.15 * row["steps"][0]["before"], row
PY
mkdir one # all runs in one store, added in another order
"$SPILLWAY" runs merge one/results.sqlite step/0[6-9] step/1* step/0[0-5] >/dev/null
expect 0 trend one --json --metric overall_tps
python3 -c 'import json; (r,) = json.load(open(".out"))["trends"]; assert [s["at"] for s in r["steps"]] == [6], r'

# ---- forms ----
mkdir pages
expect 0 trend step --out pages
[ "$(cat .out)" = $'pages/trend.md\npages/trend.html' ] || fail "--out says another thing"
grep -q "default-src 'none'" pages/trend.html || fail "the page may fetch something"
[ "$(grep -c '<svg class="trend"' pages/trend.html)" -ge 2 ] || fail "the page has no pictures"
expect 0 trend step --format md
cmp .out pages/trend.md || fail "--out writes another text than --format md prints"
says out 'A step from '
says out 'version: 0.0 to 0.1'
expect 0 trend step --format csv
python3 - <<'PY'
import csv
rows = list(csv.DictReader(open(".out", newline="")))
rates = [float(row["value"]) for row in rows if row["metric"] == "overall_tps"]
assert len(rates) == 12 and rows[1]["changed"].startswith("version: 0.0 to 0.1"), rows[:2]
assert all(float(row["low_quartile"]) <= float(row["value"]) <= float(row["high_quartile"]) for row in rows if row["low_quartile"])
PY
expect 1 trend step --out .out/in
expect 2 trend step --format xml
expect 2 trend step --format md --out pages
expect 2 trend step --json --format md

# ---- shared files ----
mkdir shared
for run in step/*; do "$SPILLWAY" report "$run" --share "shared/$(basename "$run").json"; done
expect 0 trend shared/*.json --json --metric overall_tps
python3 -c 'import json; (r,) = json.load(open(".out"))["trends"]; assert [s["at"] for s in r["steps"]] == [6], r'
expect 0 trend shared/0*.json step/10 step/11 --json --metric overall_tps
python3 -c 'import json; f = json.load(open(".out")); assert len(f["runs"]) == 12 and f["left_out"] == [], f'
sed 's/"cpu":"[^"]*"/"cpu":"another one"/' shared/00.json >shared/other.json
expect 0 trend shared/*.json
says out 'left out: 1 unlike the latest in more than version; one differs in cpu: '
sed 's/"began":"[^"]*"/"began":"soon"/' shared/00.json >shared/other.json
expect 1 trend shared/*.json
says err "'soon' is no time"

# ---- which runs count ----
sqlite3 flat/00/results.sqlite "UPDATE run SET status = 'invalid'"
sqlite3 flat/01/results.sqlite "UPDATE run SET status = 'running'"
sqlite3 flat/02/results.sqlite "UPDATE run SET n_cores = n_cores + 1"
expect 0 trend flat
says out '9 runs, from flat/03:1 to flat/11:1'
says out 'left out: 2 invalid, aborted, unfinished or of an emulated GPU'
says out 'left out: 1 unlike the latest in more than version; one differs in cores: '
expect 4 trend flat --knob cores # their versions differ
expect 4 trend flat --model nothing
mkdir old
for i in 1 2 3 4 5; do
  mkdir old/$i
  cp "$SPILLWAY_SOURCE/tests/data/stores/schema1.sqlite" old/$i/results.sqlite
done
expect 0 trend old # stores of schema 1
says out '5 runs'
cmp -s old/1/results.sqlite old/5/results.sqlite || fail "a trend changed a store"

# ---- usage, and hostile texts ----
expect 2 trend --metric speed
says err '--metric takes one of decode_tps, '
expect 2 trend --metric failed
expect 2 trend drift --knob speed
python3 - <<'PY'
import glob, sqlite3
evil = '\x1b]0;title\x07\x1b[2J\u202e\x9b31m"<script>|`'
for path in glob.glob("drift/*/results.sqlite"):
    db = sqlite3.connect(path)
    for table, column in (("run", "version"), ("run", "cpu"), ("subject", "name"), ("test", "name")):
        db.execute(f"UPDATE {table} SET {column} = ?", (evil,))
    db.commit()
db = sqlite3.connect("drift/00/results.sqlite")
db.execute("UPDATE run SET cpu = cpu || 'x'")
db.commit()
PY
expect 0 trend drift
says out 'title'
is_plain out
expect 0 trend drift --json
is_plain out
LC_ALL=C.UTF-8 script -qec "'$SPILLWAY' trend step" /dev/null | tr -d '\r' >.out
python3 -c 'assert max(map(len, open(".out", encoding="utf-8").read().splitlines())) <= 80' || fail "lines of more than 80 columns"
grep -q '▁' .out || fail "no graph"
