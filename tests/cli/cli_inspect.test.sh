#!/usr/bin/env bash
# spillway inspect: the contents of a file, and files that are not models.
. "$(dirname "$0")/lib.sh"

for model in "$golden"/*.gguf; do
  expect 0 inspect "$model"
  is_silent err
  is_plain out
  says out "$(basename "$model")"
  expect 0 inspect "$model" --json --tensors
  is_silent err
  python3 -c '
import json, os, sys
m = json.load(open(sys.argv[1]))
t = m["tensors"]
assert m["file_bytes"] == os.path.getsize(sys.argv[2])
assert m["path"] == sys.argv[2]
blocks = {"F32": (1, 4), "Q8_0": (32, 34), "MXFP4": (32, 17), "Q5_0": (32, 22), "Q4_K": (256, 144), "Q5_K": (256, 176), "Q6_K": (256, 210)}
by_class = {}
by_type = {}
n = 0
for x in t:
    by_class[x["class"]] = by_class.get(x["class"], 0) + x["bytes"]
    elements = 1
    for d in x["shape"]:
        elements *= d
    n += elements
    per_block, block_bytes = blocks[x["type"]]
    assert x["bytes"] * per_block == elements * block_bytes, x
    by_type[x["type"]] = by_type.get(x["type"], 0) + x["bytes"]
assert {k: v for k, v in m["bytes_by_class"].items() if v} == by_class
assert m["bytes_by_type"] == by_type
assert list(m["bytes_by_type"].values()) == sorted(by_type.values(), reverse=True)
assert m["n_params"] == n and 0 < m["n_params_active"] <= n
assert sum(by_class.values()) < m["file_bytes"]
assert abs(m["cpu_moe_share"] - by_class.get("experts", 0) / sum(by_class.values())) < 1e-9
assert m["quant"] == max(by_type, key=by_type.get)
assert m["n_experts"] > m["n_experts_used"] > 0 or m["n_experts"] == m["n_experts_used"] == 0
assert ("experts" in by_class) == (m["n_experts"] > 0)
embedding = next(x for x in t if x["name"] == "token_embd.weight")
assert embedding["shape"] == [m["n_embd"], m["n_vocab"]]
' .out "$model" || fail "the JSON of $model is not consistent"
done

expect 1 inspect absent.gguf
says err "absent.gguf"
is_silent out
expect 1 inspect "$work"
says err "regular file"
expect 2 inspect
says err "missing argument"
expect 2 inspect a b
says err "unexpected argument 'b'"

echo "not a model at all" >text.gguf
expect 1 inspect text.gguf
says err "not a GGUF file"
: >empty.gguf
expect 1 inspect empty.gguf
says err "empty.gguf"
mkfifo pipe.gguf
expect 1 inspect pipe.gguf # and does not wait for a writer
says err "regular file"

# Cut in the header, and in the data.
for bytes in 3 23 1000 100000; do
  head -c "$bytes" "$golden/gpt-oss-mxfp4.gguf" >cut.gguf
  expect 1 inspect cut.gguf
  says err "cut.gguf"
  is_silent out
done
says err "is the download complete?"

# A file of an architecture that is not known, with a name that would clear the screen.
python3 - <<'PYTHON'
import struct
def text(s): return struct.pack("<Q", len(s)) + s
head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text(b"general.architecture") + struct.pack("<I", 8)
info = text(b"token_embd.weight") + struct.pack("<IQIQ", 1, 1, 0, 0)
open("strange.gguf", "wb").write(head + text(b"evil\x1b[2J") + info + bytes(96))
PYTHON
expect 1 inspect strange.gguf
says err "architecture 'evil"
says err "gpt-oss, phimoe, deepseek"
is_plain err

# Hostile names inside a model that is otherwise right: printed harmlessly, and as JSON that parses.
python3 - "$golden/qwen3-f32.gguf" <<'PYTHON'
import sys
data = open(sys.argv[1], "rb").read()
assert data.count(b"output_norm.weight") == 1
open("names.gguf", "wb").write(data.replace(b"blk.0.attn_k.weight", b"blk\x1b]0;abc\x07\xff\xc2\x9b.weig"))
PYTHON
expect 0 inspect names.gguf --tensors
is_plain out
says out "<U+001B>"
expect 0 inspect names.gguf --tensors --json
python3 -m json.tool .out >/dev/null || fail "not JSON"
is_plain out
