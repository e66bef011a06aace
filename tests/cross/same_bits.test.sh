#!/usr/bin/env bash
# Another processor gives the same bits: $SPILLWAY runs under an emulator, $SPILLWAY_REFERENCE is the program of this machine.
. "$(dirname "$0")/../cli/lib.sh"
: "${SPILLWAY_REFERENCE:?the program to compare with}"
demo=$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf
emulated=$SPILLWAY

# reference ARGUMENTS..., other ISA ARGUMENTS...: what the one and the other program say.
reference() {
  SPILLWAY=$SPILLWAY_REFERENCE expect 0 "$@"
}
other() {
  SPILLWAY_ISA=$1 SPILLWAY=$emulated expect 0 "${@:2}"
}

SPILLWAY_ISA=none expect 2 run "$demo" "Hello"
isas=$(sed -n 's/.*this machine can run //p' .err | tr -d ,)
# Otherwise this compares a program with itself, or nothing but the definition.
SPILLWAY_ISA=none SPILLWAY=$SPILLWAY_REFERENCE expect 2 run "$demo" "Hello"
[ "$isas" != "$(sed -n 's/.*this machine can run //p' .err | tr -d ,)" ] || fail "both programs have the same kernels"
[ "$(wc -w <<<"$isas")" -gt 1 ] || fail "nothing but scalar kernels: $isas"

# 256 tokens, sampled so that a different bit would sooner or later draw another.
story=(run "$demo" "Write a short story about AI discovering emotions" --temp 0.9 --top-p 1 --seed 7 --max-tokens 256)
reference "${story[@]}"
cp .out story
[ "$(wc -w <story)" -gt 60 ] || fail "the answer is too short to tell anything"
for isa in $isas; do
  other "$isa" "${story[@]}" --threads 2 --batch 17
  cmp story .out || fail "another answer with $isa"
done

# The logits of every family of models, and of one with quantized weights: 24 tokens, 17 of them as one batch.
tokens=1
for i in {2..24}; do tokens+=,$((i * 7)); done
n_models=0
for model in "$demo" "$golden"/*.gguf; do
  logits=(logits "$model" --tokens "$tokens" --prefill 17)
  reference "${logits[@]}" --out reference.bin
  for isa in $isas; do
    other "$isa" "${logits[@]}" --out other.bin --threads 1
    cmp reference.bin other.bin || fail "$model: other logits with $isa"
  done
  n_models=$((n_models + 1))
done
[ "$n_models" -gt 10 ] || fail "only $n_models models were compared"
