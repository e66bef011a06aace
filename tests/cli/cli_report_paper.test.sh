#!/usr/bin/env bash
# `spillway report RUN... --paper DIR`: every query, run as data.md says, gives rows from which the values of its table
# follow.
set -euo pipefail
source "$SPILLWAY_SOURCE/tests/cli/lib.sh"

cat >p.json <<'JSON'
{"name": "two", "version": 1, "warmup": {"prompt": "Hello", "max_tokens": 3},
 "tests": [{"name": "first", "prompt": "Hello, how are you?", "max_tokens": 40},
           {"name": "second", "prompt": "Write a Python function to calculate factorial", "max_tokens": 40,
            "checks": [{"name": "says return", "kind": "contains", "all": ["return"], "technical": true}]}]}
JSON
code=0
"$SPILLWAY" bench "$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf" --protocol p.json --pause 0 --repeat 2 --modes stream,whole \
  --sweep temperature=0,0.9 --slo ttft=60000,e2e=30 --out run --quiet --no-report >.out 2>.err || code=$?
[ -s run/results.sqlite ] || fail "bench: exit code $code"
# A store of the present schema: the merged copies of older ones.
expect 0 runs merge all.sqlite "$SPILLWAY_SOURCE/tests/data/stores/schema1.sqlite" \
  "$SPILLWAY_SOURCE/tests/data/stores/schema1-resumed.sqlite"
sum=$(cat all.sqlite run/results.sqlite | cksum)

# ---- one run: values against rows ----
expect 0 report run --paper paper
says out paper/data.md
python3 "$SPILLWAY_SOURCE/tests/cli/paper_values.py" paper run/results.sqlite || fail "a value of a table is not that of its rows"

# ---- runs of several stores ----
expect 0 report all.sqlite:1 run all.sqlite:2 --paper several
[ "$(cut -d, -f1 several/architecture.csv | tr '\n' ' ')" = '"n" 1 2 3 ' ] || fail "the models are not numbered through"
for name in several/*.svg paper/*.svg; do
  python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' "$name" || fail "$name is no XML"
done
[ -e several/token-time-3.svg ] && [ -e several/expert-use-2.svg ] || fail "a drawing is missing"
grep -q '>3: ' several/latency.svg || fail "models of several runs have no number in a drawing"
grep -qF '| 3 | 2 | ' several/data.md || fail "data.md does not list the third run"
[ "$(cat all.sqlite run/results.sqlite | cksum)" = "$sum" ] || fail "a store was changed"

# ---- wrong usage ----
expect 2 report all.sqlite --paper paper --json
says err "--paper and --share write their own files"
expect 1 report all.sqlite:9 --paper paper
says err "has no run 9"
expect 1 report all.sqlite --paper all.sqlite/paper
says err "cannot create the folder all.sqlite/paper: Not a directory"
