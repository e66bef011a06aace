#!/usr/bin/env bash
# A demo model reaches the bars of docs/demo-models.md: the whole evaluation, through the server, since a part of it would have too
# few questions to judge by.  `make check-long` takes all three.
. "$(dirname "$0")/lib.sh"

n=0
for name in ${SPILLWAY_DEMO_MODELS:-gpt-oss}; do
  model=$SPILLWAY_SOURCE/models/demo-$name.gguf
  python3 "$SPILLWAY_SOURCE/tools/demo/evaluate.py" "$model" --spillway "$SPILLWAY" >"$work/.out" 2>"$work/.err" ||
    fail "$(basename "$model") misses a bar"
  [ "$(grep -cE ' ok( |$)' "$work/.out")" -ge 20 ] || fail "$(basename "$model"): too few bars were checked"
  n=$((n + 1))
done
[ "$n" -ge 1 ] || fail "no model was evaluated"

echo "no model" >"$work/broken.gguf"
! python3 "$SPILLWAY_SOURCE/tools/demo/evaluate.py" "$work/broken.gguf" --spillway "$SPILLWAY" --quick >"$work/.out" 2>"$work/.err" ||
  fail "a file that is no model passes"
says err "broken.gguf"
