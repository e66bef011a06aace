#!/usr/bin/env bash
# spillway logits: the right numbers, the same bits however they were computed, and no file when it fails.
. "$(dirname "$0")/lib.sh"

# Against the independent engine's, for the first F32 model of the list.
read -r model tokens prefill vocab < <(python3 - "$golden/manifest.json" <<'PYTHON'
import json, sys
m = next(m for m in json.load(open(sys.argv[1])) if m["model"].endswith("-f32.gguf"))
print(m["model"], ",".join(map(str, m["tokens"])), m["prefill"], m["vocab"])
PYTHON
)
expect 0 logits "$golden/$model" --tokens "$tokens" --prefill "$prefill" --compat llama.cpp --out all.bin
is_silent out
is_plain err
[ "$(stat -c %s all.bin)" = $((80 * vocab * 4)) ] || fail "the size is not 80 x $vocab float32"
python3 - all.bin "$golden/${model%.gguf}.logits" "$vocab" <<'PYTHON' || fail "the logits differ from the golden ones"
import array, math, sys
a, b = (array.array("f", open(p, "rb").read()) for p in sys.argv[1:3])
n = int(sys.argv[3])
assert len(a) == len(b)
for row in range(len(a) // n):
    x, y = a[row * n:(row + 1) * n], b[row * n:(row + 1) * n]
    assert all(map(math.isfinite, x))
    distance = math.sqrt(sum((p - q) ** 2 for p, q in zip(x, y)) / sum(q * q for q in y))
    assert distance <= 2e-4, (row, distance)
    assert max(range(n), key=x.__getitem__) == max(range(n), key=y.__getitem__), row
PYTHON

# The same bits on every instruction set, number of threads, chunk of prompt and batch.
tokens=$(cut -d, -f1-40 <<<"$tokens")
SPILLWAY_ISA=none expect 2 logits "$golden/qwen3-f32.gguf" --tokens 1 --out none.bin
says err "this machine can run scalar"
isas=$(sed -n 's/.*this machine can run //p' .err | tr -d ,)
for case in gpt-oss-mxfp4:f32 gpt-oss-mxfp4:q8_0 phimoe-q4_k:f16 deepseek-q4_k:q8_0 ds2-v2ish-groups-f32:q8_0; do
  model=${case%:*} type=${case#*:}
  SPILLWAY_ISA=scalar expect 0 logits "$golden/$model.gguf" --tokens "$tokens" --prefill 0 --threads 1 --kv-type "$type" \
    --out reference.bin
  n=0
  for isa in $isas ""; do
    for threads in 1 3; do
      n=$((n + 1))
      SPILLWAY_ISA=$isa expect 0 logits "$golden/$model.gguf" --tokens "$tokens" --prefill $((n * 7 % 40)) --threads "$threads" \
        --batch $((7 + n)) --kv-type "$type" --out other.bin
      cmp reference.bin other.bin || fail "$model, $type: other bits with SPILLWAY_ISA=$isa and $threads threads"
    done
  done
done

# A failure leaves no file, and keeps an existing one.
echo "precious" >kept.bin
model=$golden/qwen3-f32.gguf
for ids in "1,384" "1,99999999" "1,2147483648" "-1" "" "," "1,,2" "1,2," "x" "1 2" "99999999999999999999"; do
  expect 2 logits "$model" "--tokens=$ids" --out kept.bin
  is_silent out
done
expect 2 logits "$model" --tokens 1,2,3 --prefill 4 --out kept.bin
says err "n_prefill"
expect 2 logits "$model" --tokens 1 --ctx-size 1000000 --out kept.bin
says err "at most"
expect 1 logits absent.gguf --tokens 1 --out kept.bin
says err "absent.gguf"
head -c 500000 "$model" >cut.gguf
expect 1 logits cut.gguf --tokens 1 --out kept.bin
says err "cut.gguf"
[ "$(cat kept.bin)" = precious ] || fail "the old file was touched"
expect 1 logits "$model" --tokens 1 --out absent/out.bin
says err "absent/out.bin"
mkfifo pipe
expect 1 logits "$model" --tokens 1 --out pipe
[ -p pipe ] || fail "the pipe was replaced"
expect 2 logits "$model" --tokens 1
says err "--out"
expect 2 logits "$model" --out new.bin
(
  trap '' XFSZ
  ulimit -f 1
  expect 1 logits "$model" --tokens 1,2,3,4 --out new.bin
)
[ "$(ls)" = "$(printf '%s\n' all.bin cut.gguf kept.bin other.bin pipe reference.bin)" ] || fail "left behind: $(ls)"
