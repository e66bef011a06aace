#!/usr/bin/env bash
# The demo models reach the bars of docs/demo-models.md: the whole evaluation, through the server.  A part of it would have too
# few questions to judge by.
. "$(dirname "$0")/lib.sh"

n=0
for model in "$SPILLWAY_SOURCE"/models/demo-*.gguf; do
  python3 "$SPILLWAY_SOURCE/tools/demo/evaluate.py" "$model" --spillway "$SPILLWAY" >"$work/.out" 2>"$work/.err" ||
    fail "$(basename "$model") misses a bar"
  [ "$(grep -cE ' ok( |$)' "$work/.out")" -ge 20 ] || fail "$(basename "$model"): too few bars were checked"
  n=$((n + 1))
done
[ "$n" = 3 ] || fail "$n models instead of three"

echo "no model" >"$work/broken.gguf"
! python3 "$SPILLWAY_SOURCE/tools/demo/evaluate.py" "$work/broken.gguf" --spillway "$SPILLWAY" --quick >"$work/.out" 2>"$work/.err" ||
  fail "a file that is no model passes"
says err "broken.gguf"
