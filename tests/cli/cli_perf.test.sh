#!/usr/bin/env bash
# spillway perf: a row for every combination, figures that fit together and the model, and nothing started for bad wishes.
. "$(dirname "$0")/lib.sh"
model=$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf

# The table.
expect 0 perf "$model" -t 1,2 -p 3,5 -n 2 -r 2 --quiet
is_silent err
is_plain out
[ "$(grep -cE '^ +[12]  (prompt|generation) [235] .* %$' .out)" = 6 ] || fail "not six rows"
says out "prompt 5"
says out "G multiply-adds/s"
says out "load "
! grep -q '^depth' .out || fail "keys and values are shown without a depth"
expect 0 perf "$model" -p 3 -n 2 -r 1 -d 40 --quiet
says out "40 tokens: "

# The JSON document, checked against what the file holds.
expect 0 inspect "$model" --json --tensors
cp .out inspect.json
check() {
  python3 - .out inspect.json "$@" <<'PYTHON' || fail "the document is not consistent: $*"
import json, math, sys
d, m = (json.load(open(p)) for p in sys.argv[1:3])
threads, prompts, gens = (list(map(int, a.split(","))) for a in sys.argv[3:6])
repeat, depth, element = int(sys.argv[6]), int(sys.argv[7]), float(sys.argv[8])

def elements(t):
    n = math.prod(t["shape"])
    return n * m["n_experts_used"] // m["n_experts"] if t["class"] == "experts" else n
tensors = m["tensors"]
matrices = [t for t in tensors if t["name"].startswith("blk.") and t["name"].endswith(".weight") and len(t["shape"]) > 1]
assert len(matrices) > 4 * m["n_layers"]
assert d["multiply_adds_per_token"] == sum(map(elements, matrices))
assert 0 < d["bytes_per_token"] < d["file_bytes"] == m["file_bytes"]
assert d["n_repeat"] == repeat and d["n_depth"] == depth
assert [x["threads"] for x in d["loads"]] == threads and all(x["load_ms"] > 0 for x in d["loads"])
assert 0 < d["peak_memory_bytes"] <= 1.05 * d["file_bytes"] + d["kv_bytes_max"] + 300e6, d["peak_memory_bytes"]

wanted = [(t, kind, n) for t in threads for kind, list_ in (("prompt", prompts), ("generation", gens)) for n in list_]
assert [(r["threads"], r["test"], r["n_tokens"]) for r in d["rows"]] == wanted

def spread(r, name):
    s = r[name]
    assert len(s["samples"]) == repeat and all(v > 0 and math.isfinite(v) for v in s["samples"])
    assert s["min"] == min(s["samples"]) and s["max"] == max(s["samples"])
    assert s["min"] <= s["median"] <= s["max"]
    return s["samples"]
def near(a, b):
    return abs(a - b) <= 1e-6 * abs(b)

# All keys and values of all layers, as far as no window ends before them.
row = sum(t["shape"][1] * element for t in tensors if t["name"].endswith(("attn_k.weight", "attn_v.weight")))
assert row > 0
for r in d["rows"]:
    rate = spread(r, "tokens_per_s")
    if r["test"] == "prompt":
        work, used, limit = r["multiply_adds_per_token"], "multiply_adds_per_s", "peak_multiply_adds_per_s"
        assert near(work, d["multiply_adds_per_token"] + m["n_embd"] * m["n_vocab"] / r["n_tokens"])
    else:
        work, used, limit = r["bytes_per_token"], "bytes_per_s", "read_bytes_per_s"
        seen = depth + (r["n_tokens"] + 1) / 2
        assert near(work, d["bytes_per_token"] + r["kv_bytes_per_token"])
        if depth + r["n_tokens"] <= 16:
            assert near(r["kv_bytes_per_token"], seen * row), (r["kv_bytes_per_token"], seen * row)
        else:
            assert seen * row / 2 <= r["kv_bytes_per_token"] <= seen * row
    for value, used_value, limit_value, share in zip(rate, spread(r, used), spread(r, limit), spread(r, "share")):
        assert near(used_value, value * work)
        assert near(share, used_value / limit_value)
PYTHON
}
expect 0 perf "$model" -t 2,1 -p 4,7 -n 3,5 -r 3 --quiet --json
is_silent err
check 2,1 4,7 3,5 3 0 2
SPILLWAY_ARG_THREADS=2,1 expect 0 perf "$model" -p 3 -n 2 -d 300 -r 1 --kv-type f32 -q --json
check 2,1 3 2 1 300 4

# What a full cache takes is what inspect told.
context=$(python3 -c 'import json; print(json.load(open("inspect.json"))["kv_bytes"][0]["tokens"])')
for type in f16 q8_0; do
  expect 0 perf "$model" -t 1 -p 1 -n 1 -r 1 -c "$context" --kv-type $type -q --json
  python3 -c '
import json, sys
kv = json.load(open("inspect.json"))["kv_bytes"][0]
assert json.load(open(".out"))["kv_bytes_max"] == kv[sys.argv[1]] > 0, kv
' $type || fail "inspect and perf disagree about the cache as $type"
done

# What sequences generated together read is not known, and not guessed.
expect 0 perf "$model" -t 1 -p 3 -n 2 -np 3 -r 2 -q --json
python3 -c '
import json
r = json.load(open(".out"))["rows"][1]
assert r["bytes_per_token"] is r["bytes_per_s"] is r["share"] is None and len(r["tokens_per_s"]["samples"]) == 2, r
' || fail "a share of several sequences"

# The same figures in every format.
expect 0 perf "$model" -t 1 -p 3 -n 2 -d 5 -r 2 -q -o csv
python3 - <<'PYTHON' || fail "the comma-separated values"
import csv
rows = list(csv.DictReader(open(".out", newline="")))
assert [(r["test"], r["n_tokens"], r["threads"], r["n_depth"]) for r in rows] == [("prompt", "3", "1", "5"), ("generation", "2", "1", "5")], rows
for r in rows:
    low, median, high = (float(r[n]) for n in ("tokens_per_s_min", "tokens_per_s", "tokens_per_s_max"))
    assert 0 < low <= median <= high and 0 < float(r["share"]) and int(r["file_bytes"]) > 0, r
PYTHON
expect 0 perf "$model" -t 1 -p 3 -n 2 -d 5 -r 2 -q --output md
[ "$(wc -l <.out)" = 4 ] || fail "not two rows below a head"
[ "$(awk -F'|' '{print NF}' .out | sort -u)" = 14 ] || fail "rows of unequal length"
says out "| pp3 @ d5 |"
says out "| tg2 @ d5 |"
expect 0 perf "$model" -t 1 -p 3 -n 2 -np 2 -r 1 -q -o csv
[ "$(tail -1 .out | tail -c 5)" = '",,,' ] || fail "a share of several sequences: $(tail -1 .out)"
expect 2 perf "$model" -o xml
says err "--output takes table, md, csv, json or jsonl, not 'xml'"
expect 0 perf "$model" -t 1 -p 3,4 -n 2 -r 1 -q -o jsonl
[ "$(python3 -c 'import json; print([(r["test"], r["n_tokens"]) for r in map(json.loads, open(".out"))])')" = "[('prompt', 3), ('prompt', 4), ('generation', 2)]" ] ||
  fail "a row of measurements is not a line"
expect 2 perf "$model" -o csv --json

# The table fits a terminal; a pipe gets all of it.
expect 0 perf "$model" -t 1 -p 128 -n 128 -r 1 -q
says out "used"
script -qec "stty cols 80; '$SPILLWAY' perf '$model' -t 1 -p 128 -n 128 -r 1 -q" terminal </dev/null >/dev/null
sed '1d;$d' terminal | tr -d '\r' >.out
[ "$(awk '{ if (length > n) n = length } END { print n }' .out)" -le 80 ] || fail "wider than the terminal"
says out "No room for: tokens/s min"
says out "generation 128"
rm terminal

# One line for every line, for programs that measure something else in between.
expect 0 perf "$model" --on-demand -t 2 -p 4 -n 2 -q <<<$'\n'
python3 -c '
import json
lines = [json.loads(line) for line in open(".out")]
assert len(lines) == 2, lines
for line in lines:
    assert line["isa"] and all(v > 0 for k, v in line.items() if k != "isa"), line
    assert {"bytes_per_token", "prompt_tokens_per_s", "generation_tokens_per_s", "read_bytes_per_s"} < line.keys()
' || fail "not one document per line"
for list in "-t 1,2" "-p 1,2" "-n 1,2"; do
  # shellcheck disable=SC2086
  expect 2 perf "$model" --on-demand $list </dev/null
  says err "--on-demand"
done

# Lists are read strictly, and the message names the option.
many=1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1
for option in threads prompt gen; do
  for list in "" "," "1," ",1" "1,,2" "1, 2" " 1" "1;2" "+1" "x" "1,2x" "0" "1,0" "-1" "1,99999999" "9999999999999999999999" $many; do
    expect 2 perf "$model" "--$option=$list"
    is_silent out
    says err "--$option takes 1 to 16 whole numbers"
    says err "'$list'"
  done
done
expect 2 perf "$model" --repeat 0
expect 2 perf "$model" --depth=-1
expect 2 perf
expect 2 perf stub:
says err "none"
expect 1 perf absent.gguf -p 1,2
says err "absent.gguf"
expect 1 perf "$model" -p 8,64 -n 2 -c 32 -q
says err "context"
expect 0 perf --help
says out "--threads N,..., -t"
[ "$(grep -c -- --threads .out)" = 1 ] || fail "an option stands twice in the help"
[ "$(ls)" = inspect.json ] || fail "left behind: $(ls)"
