#!/usr/bin/env bash
# Functions for the scripts of this folder.  Each script runs in a temporary directory, which is removed at the end.
set -euo pipefail
: "${SPILLWAY:?the program to test}" "${SPILLWAY_SOURCE:?the source tree}"
golden=$SPILLWAY_SOURCE/tests/data/golden
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export HOME=$work # its model folders are empty
unset OLLAMA_MODELS SHIMMY_BASE_GGUF SHIMMY_MODEL_PATHS

fail() {
  echo "FAILED: $1" >&2
  for stream in out err; do
    echo "--- std$stream, its last part"; tail -c 3000 "$work/.$stream" || true
  done
  exit 1
}

# expect CODE ARGUMENTS...: runs spillway; its output is then in $work/.out and $work/.err.
expect() {
  local wanted=$1 code=0
  shift
  "$SPILLWAY" "$@" >"$work/.out" 2>"$work/.err" || code=$?
  [ "$code" = "$wanted" ] || fail "spillway $*: exit code $code, expected $wanted"
}

# says out|err TEXT
says() {
  grep -qF -- "$2" "$work/.$1" || fail "std$1 does not say: $2"
}

# is_silent out|err
is_silent() {
  [ ! -s "$work/.$1" ] || fail "std$1 is not empty"
}

# is_plain out|err: no control character except newline and tab.
is_plain() {
  ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$work/.$1" || fail "std$1 holds control characters"
}
