#!/usr/bin/env bash
# `spillway report --share` and `bench --share`: one small file, the same from both.
set -euo pipefail
source "$SPILLWAY_SOURCE/tests/cli/lib.sh"

cat >protocol.json <<'JSON'
{"name": "confidential name", "version": 1,
 "tests": [{"name": "confidential test", "prompt": "a confidential question", "max_tokens": 8}]}
JSON
code=0
"$SPILLWAY" bench "$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf" --protocol protocol.json --pause 0 --repeat 3 --quiet --no-report \
  --out run --share one.json >.out 2>.err || code=$?
[ -s one.json ] || fail "bench --share wrote nothing (exit code $code)"
expect 0 report run --share two.json
is_silent out
cmp one.json two.json || fail "the run has two files to share"
if grep -qiE "confidential|\.gguf|127\.0\.0\.1|$(basename "$work")" one.json; then fail "private: $(cat one.json)"; fi
python3 - <<'PYTHON'
import json
shared = json.load(open("one.json"))
assert shared["models"][0]["name"] == "demo-gpt-oss", shared
assert shared["spillway_share"] == 1 and shared["fingerprint"].startswith("sha256:"), shared
modes = {mode["mode"]: mode for mode in shared["models"][0]["modes"]}
(test,) = modes["stream"]["tests"]
assert test["asked"] == 3 and sorted(test["repeats"]) == [0, 1, 2], test
assert len(test["samples"]["e2e_ms"]) == 3 and all(value > 0 for value in test["samples"]["e2e_ms"]), test
PYTHON

# ---- compared ----
expect 0 compare one.json two.json
says out 'not in a shared file, and not compared: answers, checks'
says out 'Their fingerprints are equal'
expect 0 compare run one.json
expect 0 compare two.json run --json
python3 -c 'import json; c = json.load(open(".out")); assert c["shared"] and c["pairs"] == 3 and c["reasons"] == [], c'
sed 's/"cpu":"[^"]*"/"cpu":"another one"/' one.json >cpu.json
expect 4 compare one.json cpu.json
says out 'they differ in cpu: '
sed 's/"fingerprint":"[^"]*"/"fingerprint":"sha256:0"/' one.json >hidden.json
expect 4 compare run hidden.json
says out 'something that a shared file does not hold'
expect 0 compare run hidden.json --knob n_threads
says out 'their fingerprints differ'
expect 2 compare one.json:1 run
says err 'has one run; leave out the number'
head -c 100 one.json >cut.json
expect 1 compare cut.json run
says err 'cut.json'
expect 1 compare protocol.json run
says err 'it is no file of --share'

expect 1 report run --share missing/one.json
says err "missing/one.json"
expect 2 report run --share one.json --json
says err "--paper and --share write their own files"
expect 2 report run --share one.json --paper paper
says err "excludes --run and --share"
expect 2 bench --self-test --share one.json
says err "there is nothing to write with --share"

# ---- commands that need answers say which do not ----
for command in 'report one.json' 'report run one.json' 'report one.json --paper paper' 'runs show one.json' 'bench review one.json --list' \
  'baseline pin theirs one.json'; do
  # shellcheck disable=SC2086
  expect 2 $command
  # shellcheck disable=SC2016
  says err 'one.json is no store but a file such as --share writes, without answers; `spillway compare`'
done
