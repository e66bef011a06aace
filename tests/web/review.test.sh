#!/usr/bin/env bash
# The page of `bench review --page` in a real browser: answers are scored by keyboard, the file that it saves is imported,
# nothing is fetched, and no script but the page's own runs, whatever answers hold.  Needs Debian's chromium.
set -euo pipefail
source_dir=${SPILLWAY_SOURCE:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$source_dir/scripts/npm_packages" "$source_dir/web"

cp "$source_dir/tests/data/stores/schema2.sqlite" "$work/all.sqlite"
cp "$work/all.sqlite" "$work/hostile.sqlite"
"$SPILLWAY" bench review "$work/all.sqlite" --page "$work/page.html"
cmp "$work/all.sqlite" "$source_dir/tests/data/stores/schema2.sqlite" # a page changes no store
python3 "$source_dir/tests/web/hostile_store.py" "$work/hostile.sqlite" "$source_dir/tests/data/hostile_strings.txt"
"$SPILLWAY" bench review "$work/hostile.sqlite" --page "$work/hostile.html"
node "$source_dir/tests/web/review_check.mjs" "$work/page.html" "$work/hostile.html" "$work/scores.json"

"$SPILLWAY" bench review "$work/all.sqlite" --import "$work/scores.json" | grep -x '3 reviews added, 0 replaced'
"$SPILLWAY" bench review "$work/all.sqlite" --json >"$work/stored.json"
python3 - "$work/scores.json" "$work/stored.json" <<'PYTHON'
import json, sys
saved, stored = (json.load(open(name)) for name in sys.argv[1:])
assert saved == stored, (saved, stored)
first, second, last = saved["reviews"]
assert (first["content"], first["accuracy"], first["responsiveness"], first["flags"]) == (4, 2, None, ["wrong"]), first
assert first["note"] == '12345 <b>n</b> \u202e"' and first["reviewer"] == "Grace <i>", first
assert second["content"] == second["accuracy"] == second["responsiveness"] == 5, second
assert last["content"] is None and last["note"] == "\u00e9" * 2048, last
PYTHON
"$SPILLWAY" report "$work/all.sqlite" --format html >"$work/report.html"
grep -q 'Grace &lt;i&gt;' "$work/report.html"
grep -q 'id="reviews"' "$work/report.html"
# A second page begins with what is stored, and hides models when it is asked to.
"$SPILLWAY" bench review "$work/all.sqlite" --page "$work/again.html" --reviewer 'Grace <i>'
grep -q '"accuracy":2,' "$work/again.html"
"$SPILLWAY" bench review "$work/all.sqlite" --page "$work/blind.html" --blind
if grep -q 'demo-' "$work/blind.html"; then echo "a blind page names a model" >&2; exit 1; fi
if "$SPILLWAY" bench review "$work/all.sqlite" --page "$work/page.html" 2>"$work/err"; then exit 1; fi
grep -q -- '--force' "$work/err"
