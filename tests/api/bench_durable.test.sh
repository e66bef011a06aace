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
tests = [{"name": f"test {i}", "prompt": f"question {i}", "max_tokens": 5 + 5 * (i % 3)} for i in range(50)]
print(json.dumps({"version": 1, "name": "short", "pause_s": 0, "tests": tests}))
PY
rows() { sqlite3 "$1/results.sqlite" "$2"; }
# How many tests a folder has stored; 0 without a store or a run.
stored_in() { if test -s "$1/results.sqlite"; then rows "$1" "$measured" 2>/dev/null || echo 0; else echo 0; fi; }
results="SELECT group_concat(id || name || end_ns || answer) FROM test"
# Runs a program whose errors go to a terminal, which has a line for every test; sets pid and wrapper.
on_terminal() {
    rm -f pid progress
    touch progress
    env -u CI TERM=xterm NO_COLOR=1 python3 - "$@" >/dev/null <<'PY' &
import os, pty, sys
screen, terminal = pty.openpty()
child = os.fork()
if child == 0:
    os.dup2(terminal, 2)
    os.execv(sys.argv[1], sys.argv[1:])
os.close(terminal)
open("pid.new", "w").write(str(child))
os.rename("pid.new", "pid")
with open("progress", "wb", buffering=0) as log:
    while True:
        try:
            log.write(os.read(screen, 65536))
        except OSError:  # the program has ended
            break
os.waitpid(child, 0)
PY
    wrapper=$!
    until test -e pid; do kill -0 "$wrapper" || fail "no terminal"; sleep 0.01; done
    pid=$(cat pid)
}
# Starts a run in a folder, or resumes it, and kills it after so many tests of this session and up to 33 ms more.
start_and_kill() {
    local arguments=(--resume "$1") reported pid
    test -n "$(find "$1" -size +0 -name results.sqlite 2>/dev/null)" || arguments=(--url "$url" --protocol protocol.json --out "$1")
    on_terminal "$SPILLWAY" bench "${arguments[@]}" --no-report
    for _ in $(seq 3000); do
        test "$(grep -c ': ok, ' progress || true)" -ge "$2" && break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.01
    done
    sleep "0.0$(printf %02d $((RANDOM % 34)))"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$wrapper" 2>/dev/null || true
}
# The run in a folder goes on to its end.  A busy machine makes a run invalid; its tests are there all the same.
complete() {
    local status=0
    "$SPILLWAY" bench --resume "$1" --quiet --no-report >out 2>message || status=$?
    test "$status" -eq 0 || test "$status" -eq 4 || fail "$1 was not resumed: exit code $status, $(cat message)"
    test "$(rows "$1" "$measured AND status = 'completed'")" -eq "$(rows "$1" "SELECT n_planned FROM run")" ||
        fail "$1 is not complete: $(rows "$1" "SELECT status, reasons FROM run")"
}

# ---- killed at any moment ----
RANDOM=12
start_and_kill begun 2
test "$(stored_in begun)" -ge 2 || fail "two tests were reported, and $(stored_in begun) are stored"

# Another program writes to a store: that is waited for, and what follows goes on meanwhile.
cp -r begun locked
stored_in locked >/dev/null # merges the journal
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

cp -r begun killed
for i in $(seq "${SPILLWAY_KILLS:-15}"); do
    if test "$(stored_in killed)" -ge 40; then
        complete killed
        rm -r killed
        cp -r begun killed
    fi
    before=$(stored_in killed)
    kept=$(rows killed "$results")
    start_and_kill killed $((i % 4))
    reported=$(grep -c ': ok, ' progress || true)
    test "$(rows killed "PRAGMA integrity_check")" = ok || fail "kill $i: the store is damaged"
    new=$(($(stored_in killed) - before))
    if test "$new" -lt "$reported" || test "$new" -gt $((reported + 1)); then
        fail "kill $i: $reported tests were reported and $new are stored"
    fi
    [[ $(rows killed "$results") == "$kept"* ]] || fail "kill $i: a stored test changed"
done
kept=$(rows killed "$results")
cp -r killed partial
complete killed
[[ $(rows killed "$results") == "$kept"* ]] || fail "resuming changed a stored test"

# ---- storage is full: no file may grow beyond so many KiB ----
for limit in ${SPILLWAY_FULL_KIB:-4 36 64}; do
    rm -rf full
    cp -r partial full
    status=0
    (trap '' XFSZ && ulimit -f "$limit" && exec "$SPILLWAY" bench --resume full --quiet --no-report) >out 2>message || status=$?
    test "$status" -eq 1 || fail "limit of $limit KiB: exit code $status, not 1: $(cat message)"
    says "full/results.sqlite: cannot "
    says 'the file is at its largest size'
    complete full
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
expect 1 "$SPILLWAY" bench --resume begun --db folder.sqlite --quiet
says 'folder.sqlite is a folder, and results are stored in a file'
expect 1 "$SPILLWAY" bench --resume begun --db no/such/folder.sqlite --quiet
says 'no/such/folder.sqlite: No such file or directory'
expect 1 "$SPILLWAY" bench --resume nothing --quiet
says 'nothing/results.sqlite'
sqlite3 theirs.sqlite 'CREATE TABLE t (x)'
sum=$(cksum <theirs.sqlite)
expect 1 "$SPILLWAY" bench --resume begun --db theirs.sqlite --quiet
says 'theirs.sqlite is a database, but not one of spillway results'
test "$(cksum <theirs.sqlite)" = "$sum" || fail "a database of others was changed"
cp -r killed newer
sqlite3 newer/results.sqlite 'PRAGMA user_version = 5'
sum=$(cksum <newer/results.sqlite)
expect 1 "$SPILLWAY" bench --resume newer --quiet
says 'newer/results.sqlite has schema 5, this spillway reads schemas 1 to 4; use the spillway that made it'
test "$(cksum <newer/results.sqlite)" = "$sum" || fail "a newer store was changed"
cp -r killed damaged
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
