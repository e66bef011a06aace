#!/usr/bin/env bash
# The workflow in docs/benchmark.md that gates a pull request: its shell lines parse, and those that compare do what they say.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export HOME=$work GITHUB_STEP_SUMMARY=$work/summary

fail() { echo "FAILED: $*" >&2; exit 1; }

python3 - "$SPILLWAY_SOURCE/docs/benchmark.md" <<'PY'
import re, sys
workflow = re.search(r"```yaml\n(# \.github/workflows/.*?)```", open(sys.argv[1]).read(), re.S)[1]
steps = re.findall(r"- name: (\w+)\n +run: \|\n((?: {10}.*\n)+)", workflow)
assert [name for name, _ in steps] == ["measure", "compare"], steps
assert "\t" not in workflow
for name, lines in steps:
    open(name, "w").write("".join(line[10:] + "\n" for line in lines.splitlines()))
PY
bash -n measure || fail "the lines that measure do not parse"
bash -n compare || fail "the lines that compare do not parse"

cat >protocol.json <<'JSON'
{"name": "small", "version": 1, "temperature": 0, "seed": 1, "repetitions": 6, "modes": ["stream"],
 "tests": [{"name": "one", "prompt": "Say one", "max_tokens": 30}]}
JSON
mkdir bin
ln -s "$SPILLWAY" bin/spillway
export PATH=$work/bin:$PATH
spillway bench --serve stub: --protocol protocol.json --out results/new --quiet 2>/dev/null
spillway baseline pin main results/new >/dev/null
bash -e compare >/dev/null || fail "an equal run is refused"
grep -q '^\*\*ok: ' summary || fail "the summary has no outcome: $(cat summary)"
sqlite3 results/new/results.sqlite "UPDATE event SET t_ns = t_ns * 2; UPDATE test SET end_ns = end_ns * 2; UPDATE run SET version = '9'; UPDATE server SET software = 'spillway 9'"
status=0
bash -e compare >/dev/null || status=$?
[ "$status" = 3 ] || fail "a slow run ends with $status"
grep -q '<failure ' junit.xml || fail "junit.xml has no failure"
