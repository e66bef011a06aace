#!/usr/bin/env bash
# `compare` and `trend` decide simulated histories rightly: no change, slow-downs, a step, a drift, an outlier, a loss of
# quality, another machine.  SPILLWAY_HISTORIES (4): seeds of each; `make check-long` has more.
. "$(dirname "$0")/lib.sh"
cat >protocol.json <<'JSON'
{"name": "small", "version": 1, "temperature": 0, "seed": 1, "repetitions": 10, "modes": ["stream"],
 "tests": [{"name": "one", "prompt": "Say one", "max_tokens": 40}]}
JSON
expect 0 bench --serve stub: --protocol protocol.json --out base --quiet --no-report
sqlite3 base/results.sqlite "DELETE FROM test_check;
  INSERT INTO test_check SELECT id, 0, 'names one', 'contains', 0, 1.0, 'passed', '' FROM test"
python3 "$SPILLWAY_SOURCE/tests/cli/histories.py" "$SPILLWAY" base "${SPILLWAY_HISTORIES:-4}" >.out 2>.err || fail "a history is judged wrongly"
cat .out
