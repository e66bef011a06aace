#!/usr/bin/env bash
# `spillway compare` and `spillway baseline`: stored runs against each other, their exit codes and forms; names that are
# hostile or leave the folder are refused.
. "$(dirname "$0")/lib.sh"
stores=$SPILLWAY_SOURCE/tests/data/stores

# ---- runs of the built-in stub, and one of schema 1 ----
cat >protocol.json <<'JSON'
{"name": "small", "version": 1, "temperature": 0, "seed": 1, "repetitions": 6, "modes": ["stream"],
 "tests": [{"name": "one", "prompt": "Say one", "max_tokens": 30}, {"name": "two", "prompt": "Say two", "max_tokens": 30}]}
JSON
for run in a b; do
  expect 0 bench --serve stub: --protocol protocol.json --out results/$run --quiet
done
mkdir old resumed
cp "$stores/schema1.sqlite" old/results.sqlite
cp "$stores/schema1-resumed.sqlite" resumed/results.sqlite
# A run that is like a, but for figures that were changed: slower by half, another text, a failed test.
cp -r results/a results/slow
cp -r results/a results/failed
cp -r results/a results/other
sqlite3 results/slow/results.sqlite "UPDATE event SET t_ns = t_ns * 3 / 2; UPDATE test SET end_ns = end_ns * 3 / 2"
sqlite3 results/failed/results.sqlite "UPDATE test SET status = 'timeout' WHERE id = (SELECT max(id) FROM test)"
sqlite3 results/other/results.sqlite "UPDATE run SET cpu = 'another one'"

# ---- outcomes ----
expect 0 compare results/a results/a:1
says out 'ok: no regression was found'
expect 3 compare results/a results/slow
says out 'REGRESSION'
says out 'regressed: '
expect 0 compare results/slow results/a
expect 0 compare results/a results/slow --threshold overall_tps=90 --threshold decode_tps=off --threshold ttft_ms=90 \
  --threshold itl_p95_ms=90%
says out 'worse'
expect 3 compare results/a results/failed
says out 'completed, and is now timeout'
expect 0 compare results/a results/failed --threshold failed=1
expect 4 compare results/a results/other
says out 'they differ in cpu: '
says out 'refused: '
expect 0 compare results/a results/other --knob cpu
expect 4 compare results/a results/other --knob os
expect 0 compare results/a results/other --force
says out 'compared all the same (--force)'
expect 4 compare results/a old # another protocol, model, machine
expect 4 compare resumed resumed
says out 'is aborted'
expect 0 compare old old # a run of schema 1 is read as it is
says out 'answers are not compared'
cmp -s old/results.sqlite "$stores/schema1.sqlite" || fail "comparing changed a store"

# ---- forms ----
mkdir pages
expect 3 compare results/a results/slow --format md --junit junit.xml --out pages
says out '**regressed** '
says out '| overall\_tps |'
says out '<details><summary>'
cmp .out pages/comparison.md || fail "--out writes another text than --format md prints"
[ "$(wc -c <.out)" -lt 60000 ] || fail "too long for a comment"
grep -q "default-src 'none'" pages/comparison.html || fail "the page may fetch something"
expect 3 compare results/a results/slow --format html
says out '<span class="badge bad">regressed</span>'
expect 1 compare results/a results/slow --out .out/in
expect 3 compare results/a results/slow --json --junit junit.xml
python3 - .out junit.xml <<'PY'
import json, sys
import xml.etree.ElementTree as tree
found = json.load(open(sys.argv[1]))
rows = {r["metric"]: r for r in found["changes"] if r["test"] is None}
assert found["outcome"] == "regressed" and found["schema"] == 1 and found["pairs"] == 12, found
assert rows["overall_tps"]["regression"] and abs(rows["overall_tps"]["change"] + 100 / 3) < 0.01, rows["overall_tps"]
assert {c["metric"]: c["changed"] for c in found["counts"]} == {"failed": 0, "checks": 0, "outputs": 0, "verdicts": 0}, found["counts"]
suite = tree.parse(sys.argv[2]).getroot().find("testsuite")
cases = {(c.get("classname"), c.get("name")): c for c in suite}
failed = [c for c in suite if c.find("failure") is not None]
assert int(suite.get("tests")) == len(suite) and int(suite.get("failures")) == len(failed) == found["regressions"], suite.attrib
assert any(name == "overall_tps" and c.find("failure") is not None for (_, name), c in cases.items()), list(cases)
PY
expect 4 compare results/a results/other --junit junit.xml --json
grep -q '<error message="refused: ' junit.xml || fail "a refused comparison is no error in junit.xml"
NO_COLOR='' TERM=xterm script -qec "'$SPILLWAY' compare results/a results/slow" /dev/null >.out || true
grep -q $'\x1b\\[31mregressed' .out || fail "no colour on a terminal"
[ "$(tr -d '\r' <.out | sed 's/\x1b\[[0-9]*m//g' | awk '{ if (length($0) > 80) print }')" = "" ] || fail "lines of more than 80 columns"
expect 3 compare results/a results/slow
is_plain out

# ---- usage ----
expect 2 compare results/a
expect 2 compare results/a results/a --knob speed
says err '--knob takes one of version, protocol, '
expect 2 compare results/a results/a --threshold speed=1
says err 'METRIC is one of decode_tps, '
expect 2 compare results/a results/a --format xml
expect 2 compare results/a results/a --json --format md
expect 1 compare results/a results/nowhere
says err 'does not exist'
expect 1 compare results/a results/a:9
expect 1 compare results/a results/a --junit nowhere/junit.xml
expect 1 compare results/a protocol.json

# ---- baselines ----
expect 0 baseline list
says err 'there are no baselines'
[ ! -e results/baselines ] || fail "looking made a folder"
expect 0 baseline pin main results/a
says out 'pinned main'
expect 2 baseline pin main results/slow
says err "there is a baseline 'main' already"
expect 0 baseline pin v1.0 old
expect 0 baseline list
[ "$(sed 1d .out | cut -d' ' -f1)" = $'main\nv1.0' ] || fail "the list has other names"
expect 0 baseline list --json
python3 -c 'import json; assert [(b["name"], b["id"]) for b in json.load(open(".out"))] == [("main", 1), ("v1.0", 1)]'
expect 0 compare main results/a
expect 3 compare main results/slow
expect 0 runs show results/baselines/main.sqlite # every command reads it
expect 0 baseline pin main results/slow --force
expect 0 compare results/slow main
expect 2 baseline pin broken resumed
says err 'is aborted; a baseline must be a complete and valid run'
sqlite3 results/other/results.sqlite "UPDATE run SET status = 'invalid'"
expect 2 baseline pin broken results/other
expect 1 baseline pin broken results/a:7
[ "$(ls -A results/baselines)" = $'main.sqlite\nv1.0.sqlite' ] || fail "something is left: $(ls -A results/baselines)"
for name in '' .hidden ../up a/b 'a b' "$(printf 'x%.0s' {1..65})" $'new\nline' $'\x1b[2J'; do
  expect 2 baseline pin "$name" results/a
  expect 2 baseline unpin "$name"
  is_plain err
done
mkdir main # a folder of that name
expect 2 compare main results/a
says err "'main' is a baseline and a file"
rmdir main
expect 0 baseline pin other results/a --baselines kept/here
expect 0 compare other results/a --baselines kept/here
expect 1 baseline unpin other
expect 0 baseline unpin other --baselines kept/here
printf 'no store' >results/baselines/bad.sqlite
expect 1 baseline list
says err 'bad.sqlite'
says out 'v1.0'
rm results/baselines/bad.sqlite
expect 0 baseline unpin main
expect 1 baseline unpin main
says err "there is no baseline 'main'"
expect 2 baseline
expect 2 baseline keep
expect 2 baseline pin main
expect 2 baseline list main
expect 2 baseline unpin main --json

# ---- the commands of docs/ci/speed.yml, with the stub as the model ----
grep -oE 'spillway (bench|compare|baseline) [^|]*' "$SPILLWAY_SOURCE/docs/ci/speed.yml" | sed 's/ *$//' >commands
[ "$(wc -l <commands)" = 3 ] || fail "the workflow has other commands: $(cat commands)"
rm -rf results/new
pin=$(grep baseline commands) compare=$(grep compare commands) bench=$(grep bench commands)
bench=${bench/'"$MODEL"'/--serve stub: --protocol protocol.json --quiet}
for step in "$bench" "$pin" "$compare"; do
  # shellcheck disable=SC2086 # the words of a command
  expect 0 ${step#spillway }
done
[ -s comparison/comparison.md ] && [ -s comparison/comparison.html ] && [ -s comparison/junit.xml ] || fail "a file of the workflow is missing"
