#!/usr/bin/env bash
# The page of several runs, opened from disk in a real browser: wide, on a phone, dark, on paper, without scripts.  Needs Debian's
# chromium.
set -euo pipefail
source_dir=${SPILLWAY_SOURCE:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$source_dir/scripts/npm_packages" "$source_dir/web"

cat >"$work/protocol.json" <<'JSON'
{"name": "small", "version": 1, "temperature": 0, "seed": 1, "repetitions": 4, "modes": ["stream"],
 "tests": [{"name": "one", "prompt": "Say one", "max_tokens": 30}, {"name": "two", "prompt": "Say two", "max_tokens": 40}]}
JSON
"$SPILLWAY" bench --serve stub: --protocol "$work/protocol.json" --out "$work/run" --quiet >"$work/table"

# Copies of other days, each a little slower; one of them has a long name for its server, one is invalid.
python3 - "$work" <<'PY'
import shutil, sqlite3, sys
for i in range(12):
    path = f"{sys.argv[1]}/{i:02}.sqlite"
    shutil.copy(f"{sys.argv[1]}/run/results.sqlite", path)
    db = sqlite3.connect(path)
    db.execute("UPDATE event SET t_ns = CAST(t_ns * ? AS INTEGER)", (1 + 0.2 * i,))
    db.execute("UPDATE test SET end_ns = CAST(end_ns * ? AS INTEGER)", (1 + 0.2 * i,))
    db.execute("UPDATE run SET started_unix_ms = started_unix_ms + 86400000 * ?", (i,))
    if i == 3:
        db.execute("UPDATE run SET status = 'invalid', reasons = 'the model is another one'")
    if i == 4:
        db.execute("UPDATE server SET software = ?", ("a-server-with-a-very-long-name" * 4,))
    db.commit()
PY
"$SPILLWAY" report "$work"/0[0-2].sqlite --format html >"$work/few.html"
"$SPILLWAY" report "$work"/[01][0-9].sqlite --format html >"$work/many.html"
node "$source_dir/tests/web/overview_check.mjs" "$work/few.html" "$work/many.html"
