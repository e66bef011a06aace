#!/usr/bin/env bash
# The pages of `trend` and `compare` in a real browser: pictures without a script, values by pointer and keyboard, nothing
# fetched, and no script but ours, whatever names are.  Needs Debian's chromium.
set -euo pipefail
source_dir=${SPILLWAY_SOURCE:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$source_dir/scripts/npm_packages" "$source_dir/web"
cd "$work"
cat >protocol.json <<'JSON'
{"name": "small", "version": 1, "temperature": 0, "seed": 1, "repetitions": 6, "modes": ["stream"],
 "tests": [{"name": "one", "prompt": "Say one", "max_tokens": 30}]}
JSON
"$SPILLWAY" bench --serve stub: --protocol protocol.json --out base --quiet --no-report >/dev/null
# history NAME MODEL: twelve runs, one a day; from the eighth on slower and of another version, the third on another machine.
python3 - <<'PYTHON'
import shutil, sqlite3
EVIL = '\x1b[2J\u202e</title></svg><script>alert(1)</script><img src=x onerror=alert(2)>"\'&|`'
for name, text in (("history", None), ("hostile", EVIL)):
    for day in range(12):
        folder = f"{name}/{day:02}"
        shutil.copytree("base", folder)
        db = sqlite3.connect(f"{folder}/results.sqlite")
        factor = (1.3 if day >= 7 else 1) * (1 + 0.01 * (day % 3))
        db.execute("UPDATE event SET t_ns = CAST((1e8 + 1e7 * i) * (1 + test_id % 5 / 200.0) * ? AS INTEGER)", (factor,))
        db.execute("UPDATE test SET end_ns = CAST(5e8 * (1 + id % 5 / 200.0) * ? AS INTEGER), first_event_ns = 2, headers_ns = 1", (factor,))
        version = ("2" if day >= 7 else "1") + (text or "")
        db.execute("UPDATE run SET started_unix_ms = started_unix_ms + 86400000 * ?, version = ?", (day, version))
        db.execute("UPDATE server SET software = 'spillway ' || ?", (version,))
        if text:
            db.execute("UPDATE subject SET name = ?", (text,))
            db.execute("UPDATE test SET name = ?", (text,))
        if day == 2:
            db.execute("UPDATE run SET cpu = 'another CPU' || ?", (text or "",))
        db.commit()
PYTHON
for name in history hostile; do
  mkdir "pages-$name"
  "$SPILLWAY" trend "$name" --out "pages-$name" >/dev/null
  "$SPILLWAY" compare "$name/00" "$name/11" --knob version --out "pages-$name" >/dev/null 2>&1 && status=0 || status=$?
  [ "$status" -eq 3 ] || { echo "the comparison of $name ended with $status" >&2; exit 1; }
done
node "$source_dir/tests/web/trend_check.mjs" pages-history pages-hostile
