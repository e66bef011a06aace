#!/usr/bin/env bash
# The same prompt and seed give the same answer, however it is computed: instruction set, threads, batch.
. "$(dirname "$0")/lib.sh"

model=$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf
SPILLWAY_ISA=none expect 2 run "$model" "Hello"
says err "this machine can run scalar"
isas=$(sed -n 's/.*this machine can run //p' .err | tr -d ,)

# Sampled, so that a different bit would sooner or later draw another token.
answer() {
  expect 0 run "$model" "Write a short story about AI discovering emotions" --temp 0.9 --top-p 1 --seed 7 --max-tokens 256 "$@"
}

SPILLWAY_ISA=scalar answer --threads 1
cp .out reference
[ "$(wc -w <reference)" -gt 60 ] || fail "the answer is too short to tell anything"
for isa in $isas; do
  for threads in 1 3; do
    for batch in 1 17 256; do
      SPILLWAY_ISA=$isa answer --threads "$threads" --batch "$batch"
      cmp reference .out || fail "another answer with $isa, $threads threads, batches of $batch"
    done
  done
done

# Another seed tells another story, so the comparison above can fail.
expect 0 run "$model" "Write a short story about AI discovering emotions" --temp 0.9 --top-p 1 --seed 8 --max-tokens 256
! cmp -s reference .out || fail "the seed makes no difference"
