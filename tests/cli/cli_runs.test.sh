#!/usr/bin/env bash
# `spillway runs`: lists, shows, exports, deletes and merges the runs of stores, of which some are old, damaged or hostile.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() { echo "FAILED: $*" >&2; exit 1; }
# Runs a command that must end with this exit code; its standard error is in the file `message`.
expect() {
    local wanted=$1 status=0
    shift
    "$@" 2>message || status=$?
    test "$status" -eq "$wanted" || fail "exit code $status, not $wanted: $*: $(cat message)"
}
says() { grep -qF -- "$1" "${2:-message}" || fail "'$1' is not in: $(cat "${2:-message}")"; }
runs=("$SPILLWAY" runs)

# ---- nothing there ----
expect 0 "${runs[@]}" list >out
says 'there are no runs in results/'
test ! -s out || fail "a list of nothing: $(cat out)"
test "$("${runs[@]}" list --json)" = "[]" || fail "the empty list is not []"
expect 1 "${runs[@]}" show
says 'there are no runs in results/; name a store'
expect 1 "${runs[@]}" list nowhere
says 'nowhere does not exist'
expect 1 "${runs[@]}" list .
says '. has no results.sqlite, and no folder in it has one'
test ! -e results.sqlite || fail "looking made a store"
expect 1 "${runs[@]}" list "$SPILLWAY_SOURCE/tests/data/stores/schema1.sqlite:2" >out
says 'has no run 2'
test ! -s out || fail "a table of nothing: $(cat out)"

# ---- list, show, export ----
mkdir -p results/a results/b
cp "$SPILLWAY_SOURCE/tests/data/stores/schema1.sqlite" results/a/results.sqlite
cp "$SPILLWAY_SOURCE/tests/data/stores/schema1-resumed.sqlite" results/b/results.sqlite
sum=$(cat results/*/results.sqlite | cksum)
"${runs[@]}" list >out
grep -q '^results/a:1 .* ok  *9 of 9  demo-gpt-oss  local-streaming$' out || fail "list: $(cat out)"
grep -q '^results/b:1 .* aborted  *2 of 3  stub ' out || fail "list: $(cat out)"
test "$("${runs[@]}" list results/b/results.sqlite results/a:1 | sed 1d | cut -d' ' -f1)" = $'results/b:1\nresults/a:1' ||
    fail "the order is not that of the names"
"${runs[@]}" list --json | python3 -c '
import json, sys
a, b = json.load(sys.stdin)
assert (a["store"], a["id"], a["status"], a["completed"]) == ("results/a/results.sqlite", 1, "ok", 9), a
assert (b["sessions"], b["planned"], b["measured"]) == (2, 3, 2), b'
"${runs[@]}" show results/a >out
says 'load_cold_ms: 46.015134 ms (schema 1; page cache not known)' out
grep -q '^success  *9 of 9$' out || fail "show: $(cat out)"
"${runs[@]}" show >out
grep -q '^run  *results/b:1$' out || fail "the latest run is not shown: $(cat out)"
"${runs[@]}" export results/a:1 >out.json
"${runs[@]}" show results/a --json | cmp - out.json || fail "two JSON documents of one run"
"$SPILLWAY" report results/a --json | cmp - out.json || fail "the report has other JSON"
"${runs[@]}" export results/a --format csv | python3 -c '
import csv, sys
rows = list(csv.DictReader(sys.stdin))
assert len(rows) == 9 and rows[1]["name"] == "code generation" and rows[1]["tokens"] == "93", rows[1]'
"${runs[@]}" export results/a --format md >out
says 'code generation' out
test "$(cat results/*/results.sqlite | cksum)" = "$sum" || fail "reading changed a store"

# ---- merge ----
"${runs[@]}" merge all.sqlite results >out
says 'added results/a:1: it is run 1' out
says 'added results/b:1: it is run 2' out
"${runs[@]}" merge all.sqlite results/b all.sqlite >out
says 'not added results/b:1: it is there as run 2' out
says 'not added all.sqlite:' out
test "$("${runs[@]}" list all.sqlite | sed 1d | wc -l)" -eq 2 || fail "a run was merged twice"
for format in json csv md; do # the number of the run differs, and nothing else
    "${runs[@]}" export results/b --format $format | sed 's/"id": *1,/"id":2,/; s/^1,/2,/; s/run 1/run 2/; s/sqlite:1/sqlite:2/; s/run_id = 1/run_id = 2/' |
        cmp - <("${runs[@]}" export all.sqlite:2 --format $format | sed 's/"id": *2,/"id":2,/') || fail "a merged run differs: $format"
done
expect 2 "${runs[@]}" merge all.sqlite
expect 2 "${runs[@]}" merge all.sqlite:1 results
says 'adds to a store, not to a run'
expect 1 "${runs[@]}" merge all.sqlite results/a:7
says 'has no run 7'

# ---- delete ----
expect 2 "${runs[@]}" delete all.sqlite --yes
says 'has 2 runs; name one by its number: all.sqlite:1'
expect 2 "${runs[@]}" delete all.sqlite:1 </dev/null
says 'needs --yes'
expect 2 "${runs[@]}" delete
expect 1 "${runs[@]}" delete all.sqlite:2 all.sqlite:9 --yes
says 'has no run 9'
test "$("${runs[@]}" list all.sqlite | sed 1d | wc -l)" -eq 2 || fail "a run was deleted before all names were looked up"
answer() { printf '%s\n' "$1" | script -qec "'$SPILLWAY' runs delete all.sqlite:1" /dev/null; }
answer n >out || true
says 'nothing was deleted' out
test "$("${runs[@]}" list all.sqlite | sed 1d | wc -l)" -eq 2 || fail "deleted in spite of the answer"
answer y >out || fail "not deleted: $(cat out)"
says 'deleted all.sqlite:1' out
"${runs[@]}" delete all.sqlite --yes >out
says 'deleted all.sqlite:2' out
test "$("${runs[@]}" list all.sqlite --json)" = "[]" || fail "a run is left"
expect 0 "${runs[@]}" list all.sqlite
says 'there are no runs in what was named'
expect 1 "${runs[@]}" show all.sqlite
says 'has no run yet'

# ---- usage ----
expect 2 "${runs[@]}"
expect 2 "${runs[@]}" remove
says 'list, show, export, delete or merge'
expect 2 "${runs[@]}" list --yes
expect 2 "${runs[@]}" show --format csv
expect 2 "${runs[@]}" export results/a --format xml
expect 2 "${runs[@]}" show results/a results/b
expect 2 "${runs[@]}" show results/a:0

# ---- a store that cannot be read is named, and the others are listed ----
mkdir results/c results/d
printf 'not a database, but long enough to be taken for one%0500d' 0 >results/c/results.sqlite
cp results/a/results.sqlite results/d/results.sqlite
sqlite3 results/d/results.sqlite 'PRAGMA user_version = 5'
expect 1 "${runs[@]}" list >out
says 'results/c/results.sqlite'
says 'results/d/results.sqlite has schema 5, this spillway reads schemas 1 to 4'
says 'results/b:1' out
rm -r results/c results/d

# ---- hostile texts of a store never steer a terminal, and are no formulas ----
cp -r results/a hostile
"${runs[@]}" merge hostile/new.sqlite hostile >/dev/null
mv hostile/new.sqlite hostile/results.sqlite
python3 - <<'PY'
import sqlite3
db = sqlite3.connect("hostile/results.sqlite")
evil = '=1+1\x1b]0;title\x07\x1b[2J\u202e\x9b31m\r\n"<script>alert(1)</script>|`'
for table in ("run", "subject", "server", "fact", "test"):
    for row in db.execute(f"PRAGMA table_info({table})").fetchall():
        if row[2] == "TEXT" and row[1] not in ("phase", "mode", "kind", "side", "protocol_json", "options_json") and (table, row[1]) != ("fact", "name"):
            db.execute(f"UPDATE {table} SET {row[1]} = ?", (evil,))
db.commit()
PY
{
    "${runs[@]}" list hostile
    "${runs[@]}" show hostile
    "${runs[@]}" list hostile --json
    "${runs[@]}" merge other.sqlite hostile
} >out
"${runs[@]}" export hostile --format csv >table.csv
python3 - <<'PY'
import csv
for name in ("out", "table.csv"):
    text = open(name, encoding="utf-8", newline="").read()
    bad = {c for c in text if (ord(c) < 32 and c not in "\n") or 127 <= ord(c) < 160 or "\u202a" <= c <= "\u202e"}
    assert not bad, (name, bad)
assert "title" in open("out").read()
for row in csv.reader(open("table.csv", newline="")):
    assert not any(cell[:1] in tuple("=+-@\t") and cell[1:2] not in tuple("0123456789.") for cell in row), row
PY
