#!/usr/bin/env bash
# spillway quantize: the types that were asked for and nothing else, losses in the order of the bits, the same file whatever the
# threads, and models of every family that run afterwards.
. "$(dirname "$0")/lib.sh"
ids=5,17,99,3,250,42,7,8,300,11,12,200

# types OLD NEW ALL EXPERTS ATTENTION EMBEDDING: NEW is OLD with matrices of these types; the router, norms and biases stayed.
types() {
  "$SPILLWAY" inspect "$1" --json --tensors >old.json
  "$SPILLWAY" inspect "$2" --json --tensors >new.json
  python3 - "${@:3}" <<'PYTHON' || fail "$2 does not have the types that were asked for: $*"
import json, sys
old, new = json.load(open("old.json")), json.load(open("new.json"))
wanted = dict(zip(("ffn", "experts", "attention", "embedding"), sys.argv[1:]))
wanted["output"] = wanted["embedding"]
blocks = {"F16": 1, "BF16": 1, "MXFP4": 32, "Q4_0": 32, "Q5_0": 32, "Q8_0": 32, "Q4_K": 256, "Q5_K": 256, "Q6_K": 256}
fallback = {"Q4_K": "Q5_0", "Q5_K": "Q8_0", "Q6_K": "Q8_0"}
sizes = ("name", "path", "quant", "file_bytes", "bytes_by_class", "bytes_by_type", "memory", "cpu_moe_share", "tensors")
assert {k: v for k, v in old.items() if k not in sizes} == {k: v for k, v in new.items() if k not in sizes}
assert len(old["tensors"]) == len(new["tensors"])
n_converted = 0
for a, b in zip(old["tensors"], new["tensors"]):
    assert (a["name"], a["shape"], a["class"]) == (b["name"], b["shape"], b["class"])
    is_matrix = len(a["shape"]) > 1 and a["name"].endswith(".weight") and "ffn_gate_inp" not in a["name"]
    type_ = a["type"]
    if is_matrix:
        type_ = wanted[a["class"]]
        if a["shape"][0] % blocks[type_]:
            type_ = fallback.get(type_, type_)
        if a["shape"][0] % blocks[type_]:
            type_ = "F16"
        n_converted += 1
    assert b["type"] == type_, (b, type_)
assert n_converted > 10
PYTHON
}

# distance A B: of two files of logits, the relative L2 of the position in the middle: where a router is near a tie, a rounding
# counts for more than it is.
distance() {
  python3 - "$1" "$2" "$ids" <<'PYTHON'
import array, math, statistics, sys
a, b = (array.array("f", open(p, "rb").read()) for p in sys.argv[1:3])
n = len(b) // (sys.argv[3].count(",") + 1)
assert len(a) == len(b) > n > 0 and all(map(math.isfinite, a)) and all(map(math.isfinite, b))
rows = [(a[i:i + n], b[i:i + n]) for i in range(0, len(b), n)]
print(statistics.median(math.sqrt(sum((p - q) ** 2 for p, q in zip(x, y)) / sum(q * q for q in y)) for x, y in rows))
PYTHON
}

# less A B FACTOR: A < B * FACTOR
less() {
  python3 -c 'import sys; a, b, f = map(float, sys.argv[1:]); sys.exit(not 0 < a < b * f)' "$@"
}

# Every type, from weights that are exact in 16 bits; a format with more bits never loses more.
model=$golden/phimoe-q4_k.gguf
expect 0 quantize "$model" exact.gguf F16 --quiet
is_silent out
is_silent err
types "$model" exact.gguf F16 F16 F16 F16
expect 0 logits exact.gguf --tokens $ids --out exact.bin
last=1e-9
for type in BF16 Q8_0 Q6_K Q5_K Q5_0 Q4_K Q4_0 MXFP4; do
  expect 0 quantize exact.gguf "$type.gguf" "$type" --quiet --threads 3
  types exact.gguf "$type.gguf" $type $type $type $type
  expect 0 logits "$type.gguf" --tokens $ids --out "$type.bin"
  now=$(distance "$type.bin" exact.bin)
  less "$last" "$now" 1.3 || fail "$type is nearer ($now) than the larger type before it ($last)"
  last=$now
done
less "$last" 0.6 1 || fail "nothing is left of the model with MXFP4 weights: $last"
less "$(distance Q8_0.bin exact.bin)" 0.02 1 || fail "Q8_0 loses too much: $(distance Q8_0.bin exact.bin)"
[ "$(stat -c %s Q4_K.gguf)" -lt "$(($(stat -c %s exact.gguf) * 30 / 100))" ] || fail "Q4_K is too large"

# A type for every class; rows that the blocks do not divide; the same bytes with any number of threads.
source=$golden/qwen2moe-f32.gguf # rows of 48, 64 and 80
expect 0 quantize "$source" mixed.gguf Q8_0 --experts Q4_0 --attention BF16 --embedding Q6_K --quiet --threads 1
types "$source" mixed.gguf Q8_0 Q4_0 BF16 Q6_K
expect 0 quantize "$source" again.gguf q8_0 --experts q4_0 --attention bf16 --embedding q6_k --quiet --threads 5
cmp mixed.gguf again.gguf || fail "other bytes with other threads"

# What has the type already is copied, not rounded once more.
expect 0 quantize Q4_K.gguf twice.gguf Q4_K --quiet
cmp Q4_K.gguf twice.gguf || fail "Q4_K to Q4_K is no copy"

# Every family runs with a mix of formats in the places of its own.
for source in "$golden"/*.gguf; do
  for mix in "Q8_0 --experts Q4_0" "Q4_0 --experts Q8_0 --embedding Q5_0"; do
    # shellcheck disable=SC2086
    expect 0 quantize "$source" mixed.gguf $mix --quiet --force
    expect 0 logits mixed.gguf --tokens $ids --prefill 7 --out mixed.bin
    expect 0 logits "$source" --tokens $ids --out source.bin
    less "$(distance mixed.bin source.bin)" 0.6 1 || fail "$source as $mix: $(distance mixed.bin source.bin)"
  done
done

# Progress, sizes and loss go to standard error, and only there.  The loss is that of the weights: computed here again.
expect 0 quantize exact.gguf mixed.gguf Q8_0 --force
is_silent out
is_plain err
says err "exact.gguf, "
says err " to mixed.gguf, "
says err "loss: "
says err "experts "
rm mixed.gguf
expect 0 quantize exact.gguf mixed.gguf F16
says err "loss: none"
before=1e-9
for type in Q8_0 Q6_K Q4_K; do
  expect 0 quantize exact.gguf mixed.gguf $type --force
  loss=$(sed -n 's/^loss: \([0-9.e-]*\)%.*/\1/p' .err)
  less "$before" "$loss" 1 || fail "$type loses $loss%, not more than the larger type before it"
  before=$loss
done
less "$before" 12 1 || fail "Q4_K loses $before%"

# A file is replaced only on request, and the model that is read never: by no name or link, and no part of it.
expect 2 quantize exact.gguf mixed.gguf Q8_0
says err "mixed.gguf exists and is not replaced"
says err "--force"
cp exact.gguf kept.gguf
ln exact.gguf hard.gguf
ln -s exact.gguf soft.gguf
mkdir inside
for name in exact.gguf ./exact.gguf inside/../exact.gguf "$PWD/exact.gguf" hard.gguf soft.gguf; do
  for force in "" --force; do
    # shellcheck disable=SC2086
    expect 2 quantize exact.gguf "$name" Q4_0 $force
    says err "same file"
    # shellcheck disable=SC2086
    expect 2 quantize "$name" exact.gguf Q4_0 $force
  done
done
cmp exact.gguf kept.gguf || fail "the source was changed"
ln -s nowhere.gguf dangling.gguf
expect 2 quantize exact.gguf dangling.gguf Q8_0
[ ! -e nowhere.gguf ] || fail "a link to nothing was written through"
