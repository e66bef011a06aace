#!/usr/bin/env bash
# spillway parity: equal where bits are promised, figures where they are not, nothing where both sides are the same.
. "$(dirname "$0")/lib.sh"
demo=$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf

# Threads and batch change no bit.
expect 0 parity "$demo" --tokens 40 --a '--threads 1 --batch 7' --b '--threads 2'
says out "equal, "
says out "threads"
grep -qE '^threads +1 +2 +differs$' .out || fail "the threads of both sides are not shown"
grep -qE '^batch +7 +256 +differs$' .out || fail "the batch of both sides is not shown"
is_plain out
is_silent err

# Neither does the instruction set, for a golden model and a prompt of our own.
echo "A weir is a low dam across a river." >prompt.txt
echo "The second prompt" >second.txt
expect 0 parity "$golden/gpt-oss-mxfp4.gguf" --prompt-file prompt.txt --prompt-file second.txt --a 'SPILLWAY_ISA=scalar --threads 1' \
  --b '--threads 2' --json
python3 - <<'PYTHON' || fail "the document is wrong"
import json
d = json.load(open(".out"))
assert d["equal"] and d["n_positions"] == d["n_equal"] == len(d["positions"]) > 4, d
assert d["hash_a"] == d["hash_b"] and d["first_difference"] is None and d["kl_max"] == 0
assert {p["sequence"] for p in d["positions"]} == {0, 1}
assert all(p["hash_a"] == p["hash_b"] for p in d["positions"])
assert d["a"]["compute"]["isa"] == "scalar" and d["b"]["compute"]["threads"] == 2
assert d["differs"] == ["instruction set"] * (d["b"]["compute"]["isa"] != "scalar") + ["threads"], d["differs"]
PYTHON

# Neither does the placement: all on an emulated GPU, its experts in RAM, all in RAM.
echo Hi >hi.txt
small='--ctx-size 128 --batch 32 --threads 1'
for other in "--devices emu:64MiB --cpu-moe" "--devices none"; do
  expect 0 parity "$golden/qwen3moe-f32.gguf" --prompt-file hi.txt --tokens 4 --a "$small --devices emu:64MiB -ngl all" --b "$small $other"
  says out "equal, 3 positions"
  grep -qE '^experts in VRAM +[0-9.]+ MB +0.00 MB +differs$' .out || fail "the placements of both sides are not shown"
  grep -qE '^placement .*differs$' .out || fail "the placements are said to be the same"
done

# Types of keys and values do, and the figures are those of the rows.
expect 3 parity "$golden/qwen3-f32.gguf" --prompt-file prompt.txt --b "--kv-type 'q8_0'" --json
cp .out kv.json
ids=$("$SPILLWAY" tokenize "$golden/qwen3-f32.gguf" --add-special <prompt.txt | tr -s ' \n' ',,' | sed 's/,$//')
expect 0 logits "$golden/qwen3-f32.gguf" --tokens "$ids" --kv-type f16 --out a.bin
expect 0 logits "$golden/qwen3-f32.gguf" --tokens "$ids" --kv-type q8_0 --out b.bin
python3 - <<'PYTHON' || fail "the figures are not those of the rows"
import array, json, math
d = json.load(open("kv.json"))
a, b = (array.array("f", open(n, "rb").read()) for n in ("a.bin", "b.bin"))
n = d["a"]["n_vocab"]
rows = [(a[i:i + n], b[i:i + n]) for i in range(0, len(a), n)]
assert len(rows) == d["n_positions"] == len(d["positions"])
def softmax(x):
    top = max(x); e = [math.exp(v - top) for v in x]; s = sum(e)
    return [v / s for v in e]
kls = []
for (x, y), p in zip(rows, d["positions"]):
    kl = sum(u * math.log(u / v) for u, v in zip(softmax(x), softmax(y)))
    kls.append(kl)
    assert abs(kl - p.get("kl", 0)) < 1e-9, (kl, p)
    assert abs(max(abs(u - v) for u, v in zip(x, y)) - p.get("max_difference", 0)) < 1e-6
assert not d["equal"] and d["kl_max"] > 0 and abs(d["kl_mean"] - sum(kls) / len(kls)) < 1e-9
first = next(i for i, (x, y) in enumerate(rows) if x != y)
assert d["first_difference"] == {"sequence": 0, "position": first}
assert d["differs"] == ["keys and values"], d["differs"]
PYTHON
expect 3 parity "$golden/qwen3-f32.gguf" --prompt-file prompt.txt --b '--kv-type q8_0'
says out "not equal"
says out "KL divergence"
says out "same likeliest token"

# Nothing differs: also where options are given that have no effect, or both sides are the same file.
cp "$SPILLWAY" copy 2>/dev/null && expect 4 parity "$demo" --tokens 4 --a-program "$SPILLWAY" --b-program ./copy
for options in "" "--threads 2" "--threads=2 --kv-type f16"; do
  expect 4 parity "$demo" --tokens 4 --a "$options" --b "$options"
  says err "nothing was compared"
done

# What is wrong is named with its side, and leaves no file.
expect 2 parity "$demo" --a '--no-such-option' --b ''
says err "side a"
expect 2 parity "$demo" --tokens 4 --b '--threads 0'
says err "side b"
expect 2 parity "$demo" --b "--kv-type 'f16"
says err "a quote is not closed"
expect 2 parity "$demo" --tokens 4 --b 'SPILLWAY_ISA=none'
says err "this machine can run"
expect 2 parity "$demo" --tokens 0
expect 2 parity "$demo" --b "$(printf -- '--strict %.0s' $(seq 65))"
says err "more than 64 words"
expect 1 parity absent.gguf
expect 1 parity "$demo" --prompt-file absent.txt
says err "absent.txt"
expect 1 parity "$demo" --b-program ./absent
says err "absent"
printf '#!/bin/sh\necho "{}"\n' >liar
chmod +x liar
expect 1 parity "$demo" --tokens 4 --b-program ./liar
says err "side b does not send"
expect 1 parity "$demo" --tokens 4 --b-program prompt.txt
says err "is no program"
TMPDIR=$work/absent expect 1 parity "$demo" --tokens 4
says err "TMPDIR"
mkdir empty
TMPDIR=$work/empty expect 0 parity "$demo" --tokens 4 --a '--threads 1' --b '--threads 2'
[ -z "$(ls empty)" ] || fail "a temporary file is left"

# Servers: two of ours with other threads, another type of keys and values, alike ones, one with options, one that cannot.
start() {
  "$SPILLWAY" serve "$demo" --bind 127.0.0.1:0 "${@:2}" >"$1.url" 2>/dev/null &
  servers+=($!)
}
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
start one --threads 1
start two --threads 2
start alike --threads 1
start small --threads 1 --kv-type q8_0
for name in one two alike small; do
  for _ in $(seq 200); do [ -s $name.url ] && break; sleep 0.05; done
  declare $name="$(grep -o 'http://[0-9.:]*' $name.url)"
done
expect 0 parity "$demo" --tokens 20 --a-url "$one" --b-url "$two"
says out "equal within 0.0001"
grep -qE '^threads +1 +2 +differs$' .out || fail "the threads of both servers are not shown"
is_silent err
expect 3 parity "$demo" --tokens 20 --a-url "$one" --b-url "$small" --json
python3 - <<'PYTHON' || fail "the document of two servers is wrong"
import json
d = json.load(open(".out"))
assert not d["equal"] and d["kl_max"] > 0 and d["max_difference"] > 1e-4 and d["n_positions"] > 50
assert d["a"]["kv"]["type"] == "f16" and d["b"]["kv"]["type"] == "q8_0" and d["first_difference"] is not None
PYTHON
for other in "$one" "$alike"; do
  expect 4 parity "$demo" --tokens 20 --a-url "$one" --b-url "$other"
  says err "nothing was compared"
done
expect 0 parity "$demo" --tokens 20 --a '--threads 2' --b-url "$one"
says out "equal within 0.0001"
expect 0 parity "$demo" --tokens 20 --a-url "$one" --b 'SPILLWAY_ISA=scalar --threads 1'
grep -qE '^instruction set .*scalar' .out || fail "the instruction set of the server is not shown"
expect 2 parity "$demo" --a-url "$one" --a '--threads 2' --b-url "$two"
says err "not both"
expect 2 parity "$demo" --a-url "$one" --b-program "$SPILLWAY"
expect 2 parity "$demo" --a-url "not a url" --b-url "$two"
expect 1 parity "$demo" --tokens 4 --a-url http://127.0.0.1:1 --b-url "$two"

# The stream that a side sends.
printf '1,2,3\n\n4,5\n' | "$SPILLWAY" logits "$demo" --tokens - --stream >stream.bin
python3 - <<'PYTHON' || fail "the stream is wrong"
import json
data = open("stream.bin", "rb").read()
head, rows = data.split(b"\n", 1)
head = json.loads(head)
assert len(rows) == 5 * head["n_vocab"] * 4 and head["weights"] and head["spillway"]
PYTHON
expect 2 logits "$demo" --tokens 1 --stream --out x.bin
says err "not both"
printf '1,2\0003\n' >nul.txt
code=0
"$SPILLWAY" logits "$demo" --tokens - --stream <nul.txt >.out 2>.err || code=$?
[ "$code" = 2 ] || fail "a NUL among the token ids: exit code $code"
says err "NUL"
