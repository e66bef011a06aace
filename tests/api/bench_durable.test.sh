#!/usr/bin/env bash
# What happens to results when a benchmark is killed, storage is full, or the store is locked, damaged or not a store:
# every finished test is kept, --resume completes the run, and each has its message and exit code.
# SPILLWAY_KILLS (15): how many runs are killed.
set -euo pipefail
work=$(mktemp -d)
server="" holder=""
trap 'kill $server $holder 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

fail() { echo "FAILED: $*" >&2; exit 1; }
rows() { sqlite3 "$1" "$2"; }
# Runs a command that must end with this exit code; its standard error is in the file `message`.
expect() {
    local wanted=$1 status=0
    shift
    "$@" >out 2>message || status=$?
    test "$status" -eq "$wanted" || fail "exit code $status, not $wanted: $*: $(cat message)"
}
says() { grep -qF -- "$1" message || fail "'$1' is not in: $(cat message)"; }
measured="SELECT count(*) FROM test WHERE phase = 'measure'"

"$SPILLWAY" serve stub: --bind 127.0.0.1:0 --stub-rate 1000 --quiet >url &
server=$!
for _ in $(seq 300); do test -s url && break; sleep 0.1; done
url=$(head -n 1 url)
python3 - >protocol.json <<'PY'
import json
tests = [{"name": f"test {i}", "prompt": f"question {i}", "max_tokens": 20 + 10 * (i % 3)} for i in range(6)]
print(json.dumps({"version": 1, "name": "short", "pause_s": 0, "tests": tests}))
PY
bench=("$SPILLWAY" bench --url "$url" --protocol protocol.json --no-report)

# A store that another program writes to is waited for, and what follows goes on meanwhile.
"${bench[@]}" --out whole --quiet >/dev/null
cp -r whole locked
python3 - <<'PY' &
import sqlite3, time
db = sqlite3.connect("locked/results.sqlite", isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
open("is-locked", "w").close()
while True:
    time.sleep(1)
PY
holder=$!
for _ in $(seq 300); do test -e is-locked && break; sleep 0.1; done
"$SPILLWAY" bench --resume locked --quiet >/dev/null 2>locked.message &
waiting=$!

# ---- killed at any moment ----
RANDOM=12
for i in $(seq "${SPILLWAY_KILLS:-15}"); do
    store=killed/results.sqlite
    rm -rf killed
    "${bench[@]}" --out killed >/dev/null 2>progress &
    pid=$!
    # After none to five tests, and up to 33 ms more.
    for _ in $(seq 3000); do
        test "$(grep -c ': ok, ' progress || true)" -ge $((i % 6)) && break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.01
    done
    sleep "0.0$(printf %02d $((RANDOM % 34)))"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    reported=$(grep -c ': ok, ' progress || true)
    if ! test -s $store || test "$(rows $store "SELECT count(*) FROM sqlite_schema")" -eq 0 ||
        test "$(rows $store "SELECT count(*) FROM run")" -eq 0; then
        test "$reported" -eq 0 || fail "kill $i: $reported tests were reported and there is no run"
        continue
    fi
    test "$(rows $store "PRAGMA integrity_check")" = ok || fail "kill $i: the store is damaged"
    stored=$(rows $store "$measured")
    if test "$stored" -lt "$reported" || test "$stored" -gt $((reported + 1)); then
        fail "kill $i: $reported tests were reported and $stored are stored"
    fi
    echo "kill $i: $stored of 6 tests stored"
    kept=$(rows $store "SELECT group_concat(id || name || end_ns || answer) FROM test")
    expect 0 "$SPILLWAY" bench --resume killed --quiet --no-report
    test "$(rows $store "SELECT status FROM run")" = ok || fail "kill $i: $(rows $store "SELECT status, reasons FROM run")"
    test "$(rows $store "$measured AND status = 'completed'")" -eq "$(rows $store "SELECT n_planned FROM run")" ||
        fail "kill $i: not all tests were resumed"
    [[ $(rows $store "SELECT group_concat(id || name || end_ns || answer) FROM test") == "$kept"* ]] ||
        fail "kill $i: a stored test changed"
done

# ---- storage is full: no file may grow beyond so many KiB ----
for limit in ${SPILLWAY_FULL_KIB:-4 36 88 96}; do
    status=0
    (trap '' XFSZ && ulimit -f "$limit" && exec "${bench[@]}" --out "full$limit" --quiet) >out 2>message || status=$?
    test "$status" -eq 1 || fail "limit of $limit KiB: exit code $status, not 1: $(cat message)"
    says "full$limit/results.sqlite: cannot "
    says 'the file is at its largest size'
    if test "$(rows "full$limit/results.sqlite" "SELECT count(*) FROM sqlite_schema")" -gt 0 &&
        test "$(rows "full$limit/results.sqlite" "SELECT count(*) FROM run")" -gt 0; then
        expect 0 "$SPILLWAY" bench --resume "full$limit" --quiet --no-report
        test "$(rows "full$limit/results.sqlite" "SELECT status FROM run")" = ok || fail "limit of $limit KiB: not completed"
    fi
done

# ---- another program wrote to the store all the while ----
status=0
wait "$waiting" || status=$?
test "$status" -eq 1 || fail "exit code $status of a benchmark whose store is locked: $(cat locked.message)"
cp locked.message message
says 'locked/results.sqlite: cannot '
says 'another program is writing to it'
kill "$holder"
wait "$holder" 2>/dev/null || true
expect 0 "$SPILLWAY" report locked --format csv

# ---- no store, or none of ours ----
mkdir folder.sqlite
expect 1 "${bench[@]}" --out a --db folder.sqlite --quiet
says 'folder.sqlite is a folder, and results are stored in a file'
expect 1 "${bench[@]}" --out a --db no/such/folder.sqlite --quiet
says 'no/such/folder.sqlite: No such file or directory'
expect 1 "$SPILLWAY" bench --resume nothing --quiet
says 'nothing/results.sqlite'
sqlite3 theirs.sqlite 'CREATE TABLE t (x)'
sum=$(cksum <theirs.sqlite)
expect 1 "${bench[@]}" --out a --db theirs.sqlite --quiet
says 'theirs.sqlite is a database, but not one of spillway results'
test "$(cksum <theirs.sqlite)" = "$sum" || fail "a database of others was changed"
cp -r whole newer
sqlite3 newer/results.sqlite 'PRAGMA user_version = 3'
sum=$(cksum <newer/results.sqlite)
expect 1 "$SPILLWAY" bench --resume newer --quiet
says 'newer/results.sqlite has schema 3, this spillway reads schemas 1 to 2; use the spillway that made it'
test "$(cksum <newer/results.sqlite)" = "$sum" || fail "a newer store was changed"
cp -r whole damaged
size=$(stat -c %s damaged/results.sqlite)
python3 - "$size" <<'PY'
import sys
with open("damaged/results.sqlite", "r+b") as f: # every page but the first begins with what no page begins with
    for at in range(4096, int(sys.argv[1]), 4096):
        f.seek(at)
        f.write(b"\xff" * 64)
PY
for command in "report damaged" "bench --resume damaged --quiet" "runs show damaged"; do
    # shellcheck disable=SC2086
    expect 1 "$SPILLWAY" $command
    says 'damaged/results.sqlite'
    says 'use a copy of the file, or save what can be read: sqlite3 FILE .recover'
done
