#!/usr/bin/env bash
# spillway monitor: which process, one sample, lines, recordings and what they say.  Its screen: cli_terminal.test.sh.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8
cp "$(command -v sleep)" sleep-for-monitor
./sleep-for-monitor 1000 & first=$!
trap 'kill $first ${second:-} 2>/dev/null || true; rm -rf "$work"' EXIT

# lines FILE: how many it has; 0 if it is not there yet.
lines() {
  cat "$1" 2>/dev/null | wc -l
}

# ---- one sample ----
expect 0 monitor --once --pid $first
is_plain out
says out "sleep-for-monitor, process $first"
says out "private_bytes"
says out "gpu_note"
expect 0 monitor --once --json --pid $first --model "$golden/mixtral-f32.gguf"
python3 - .out $first "$golden/mixtral-f32.gguf" <<'PY'
import json, os, sys
document = json.load(open(sys.argv[1]))
head, sample = document["head"], document["sample"]
assert head["pid"] == int(sys.argv[2]) and head["program"] == "sleep-for-monitor" and head["n_cores"] >= 1, head
assert 0 < sample["private_bytes"] <= sample["rss_bytes"] <= sample["peak_rss_bytes"], sample
assert sample["swap_bytes"] == 0 or sample["swap_bytes"] > 0
assert 0 < sample["available_bytes"] <= head["memory_bytes"], sample
assert 0 <= sample["model_cache_bytes"] <= os.path.getsize(sys.argv[3]), sample
assert len(sample) == 35, sorted(sample)  # t_s and thirty-four figures
PY
is_silent err
expect 0 monitor --once --model /proc/version
says err "the page cache of /proc/version is not known"
expect 1 monitor --once --model there-is-no-such-model
expect 0 monitor --once --json # the machine alone
python3 -c 'import json; s = json.load(open(".out"))["sample"]; assert s["rss_bytes"] is None and s["machine_cpu_s"] > 0, s'

# ---- which process ----
expect 0 monitor --once --name sleep-for-monitor
says out "process $first"
./sleep-for-monitor 1000 & second=$!
while [ "$(readlink /proc/$second/exe)" != "$work/sleep-for-monitor" ]; do sleep 0.02; done
expect 2 monitor --once --name sleep-for-monitor
says err "2 processes run 'sleep-for-monitor': "
says err "$first"
says err "$second"
says err "name one of them with --pid"
expect 1 monitor --name there-is-no-such-program
says err "no process runs a program 'there-is-no-such-program'"
expect 1 monitor --pid 2147483647
says err "process 2147483647 (?) cannot be read: it has ended, or is another user's"
python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
open("port.tmp", "w").write(str(s.getsockname()[1]))
import os; os.rename("port.tmp", "port")
time.sleep(1000)' & third=$!
trap 'kill $first $second $third 2>/dev/null || true; rm -rf "$work"' EXIT
while [ ! -e port ]; do sleep 0.02; done
expect 0 monitor --once --url "127.0.0.1:$(cat port)"
says out "process $third"
says err "is not known as a model server and may be a proxy; --pid names another"
expect 2 monitor --url http://192.0.2.1:80
says err "is not on this machine"
expect 1 monitor --url http://127.0.0.1:1
says err "no process that this user can see listens on port 1"
kill $third

# ---- what does not go together ----
expect 2 monitor --pid 1 --name x
says err "exclude each other"
expect 2 monitor --json
says err "add --once or --replay FILE, or use --jsonl"
expect 2 monitor --once --record x.csv
says err "need samples at an interval, not --once"
expect 2 monitor --replay x.csv --pid 1
says err "--replay reads a file"
expect 2 monitor --record x.txt
says err "ends with .jsonl or .csv, not 'x.txt'"
expect 2 monitor --force
expect 2 monitor --interval 0.01
expect 2 monitor --color pink

# ---- lines, and recordings ----
expect 0 monitor --pid $first --interval 0.1 --for 0.25
is_plain out
is_silent err
head -1 .out | grep -q '^UTC  *private' || fail "no names of columns"
[ "$(lines .out)" -ge 3 ] && [ "$(lines .out)" -le 4 ] || fail "0.25 s at 0.1 s are two or three samples below the names"
for form in jsonl csv; do
  expect 0 monitor --pid $first --interval 0.1 --for 0.25 --record r.$form --jsonl
  n=$(($(lines .out) - 1)) # without the head
  [ $n -ge 2 ] && [ $n -le 3 ] || fail "0.25 s at 0.1 s are two or three samples, not $n"
  says err "$n samples are in r.$form"
  mv .out stdout.jsonl
  for file in r.$form stdout.jsonl; do
    expect 0 monitor --replay $file --json
    python3 - .out $first $n <<'PY'
import json, sys
document, n = json.load(open(sys.argv[1])), int(sys.argv[3])
figures = document["summary"]["figures"]
assert document["head"]["pid"] == int(sys.argv[2]) and document["summary"]["n_samples"] == n
assert figures["private_bytes"]["n"] == n and figures["server_cores"]["n"] == n - 1, figures
assert 0 < figures["private_bytes"]["min"] <= figures["private_bytes"]["median"] <= figures["private_bytes"]["max"]
assert document["summary"]["private_growth"] is None
PY
  done
  expect 0 monitor --replay r.$form
  is_plain out
  says out "$n samples in 0:00:00, every 0.1 s"
  says out "too short for a trend"
  expect 2 monitor --pid $first --record r.$form
  says err "r.$form exists and is not replaced"
  expect 0 monitor --pid $first --interval 0.1 --for 0.1 --record r.$form --force
done
expect 1 monitor --replay no-such-file.csv
expect 1 monitor --replay "$SPILLWAY_SOURCE/README.md"
says err "line 1: "
cp r.csv bad.csv
echo '1,=cmd' >>bad.csv
expect 1 monitor --replay bad.csv
says err "bad.csv: line"

# ---- the end of the process, of the monitor, and of the disk ----
"$SPILLWAY" monitor --pid $second --interval 0.1 --record gone.csv >.out 2>.err & monitor=$!
while [ "$(lines gone.csv)" -lt 4 ]; do sleep 0.02; done
kill $second
code=0
wait $monitor || code=$?
[ $code = 1 ] || fail "the process ended: exit code $code"
says err "process $second (sleep-for-monitor) has ended after"
says err "samples are in gone.csv"
expect 0 monitor --replay gone.csv

"$SPILLWAY" monitor --pid $first --interval 0.1 --record killed.jsonl >.out 2>.err & monitor=$!
while [ "$(lines killed.jsonl)" -lt 3 ]; do sleep 0.02; done
kill -9 $monitor
wait $monitor || true
expect 0 monitor --replay killed.jsonl
says out "samples in"

"$SPILLWAY" monitor --pid $first --interval 0.1 --record stopped.jsonl >.out 2>.err & monitor=$!
while [ "$(lines stopped.jsonl)" -lt 3 ]; do sleep 0.02; done
kill -TERM $monitor
wait $monitor || fail "a signal that ends is no failure"
says err "samples are in stopped.jsonl"

ln -s /dev/full full.csv
expect 1 monitor --pid $first --interval 0.1 --record full.csv --force
says err "full.csv cannot be written: No space left on device"

# ---- a GPU: the stand-in of the tests, by the name that the driver's library has ----
if [ -n "${STAND_IN_NVML:-}" ]; then
  code=0
  LD_LIBRARY_PATH=$STAND_IN_NVML "$SPILLWAY" monitor --once --json --pid $first >.out 2>.err || code=$?
  [ $code = 0 ] || fail "with a GPU: exit code $code"
  python3 - .out <<'PY'
import json, sys
document = json.load(open(sys.argv[1]))
assert document["head"]["gpu"] == "Stand-in 24GB" and document["head"]["gpu_note"] == "", document["head"]
assert document["sample"]["gpu_used_bytes"] == 3 << 30 and document["sample"]["gpu_power_w"] == 215.5, document
assert document["sample"]["gpu_pcie_rx_bps"] == 21e9 and document["sample"]["gpu_pcie_width"] == 16, document
assert [g["name"] for g in document["gpus"]] == ["Stand-in 24GB"], document
PY
  LD_LIBRARY_PATH=$STAND_IN_NVML STAND_IN_NVML_CARDS=2 "$SPILLWAY" monitor --once --json --pid $first >.out
  python3 - .out <<'PY'
import json, sys
document = json.load(open(sys.argv[1]))
assert document["sample"]["gpu_pcie_rx_bps"] == 42e9 and document["sample"]["gpu_pcie_generation"] == 5, document
assert [g["gpu_pcie_rx_bps"] for g in document["gpus"]] == [21e9, 21e9], document["gpus"]
assert [g["gpu_used_bytes"] for g in document["gpus"]] == [3 << 30, 3 << 30], document["gpus"]
PY
  LD_LIBRARY_PATH=$STAND_IN_NVML STAND_IN_NVML_CARDS=2 "$SPILLWAY" monitor --once --pid $first >.out
  says out "of GPU 1"
fi
