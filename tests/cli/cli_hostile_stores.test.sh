#!/usr/bin/env bash
# Stores whose texts are hostile, in every command that reads them: what is printed and written is text, and the documents
# are whole.  Here the commands themselves are looked at.  Every string is in every form in unit tests: reports in
# test_report_hostile, papers in test_paper_hostile, comparisons and JUnit in test_comparison, shared files in test_share; what
# servers say while a benchmark runs in cli_bench_servers, names of folders in test_results_dir, the page in report.test.sh.
. "$(dirname "$0")/lib.sh"

cat >p.json <<'JSON'
{"name": "p", "version": 1, "temperature": 0, "seed": 1, "repetitions": 2, "modes": ["stream"],
 "tests": [{"name": "one", "prompt": "Say one", "max_tokens": 12}]}
JSON
expect 0 bench --serve stub: --protocol p.json --out base --quiet --no-report
python3 "$SPILLWAY_SOURCE/tests/cli/hostile_stores.py" base/results.sqlite "$SPILLWAY_SOURCE/tests/data/hostile_strings.txt" ||
  fail "a hostile text became more than text"
