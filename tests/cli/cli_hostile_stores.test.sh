#!/usr/bin/env bash
# Stores whose texts are hostile, in every command that reads them: what is printed and written is text, and the documents
# are whole.  Unit tests put every string in every form; here the commands themselves are looked at.
. "$(dirname "$0")/lib.sh"

cat >p.json <<'JSON'
{"name": "p", "version": 1, "temperature": 0, "seed": 1, "repetitions": 2, "modes": ["stream"],
 "tests": [{"name": "one", "prompt": "Say one", "max_tokens": 12}]}
JSON
expect 0 bench --serve stub: --protocol p.json --out base --quiet --no-report
python3 "$SPILLWAY_SOURCE/tests/cli/hostile_stores.py" base/results.sqlite "$SPILLWAY_SOURCE/tests/data/hostile_strings.txt" ||
  fail "a hostile text became more than text"
