#!/bin/bash
# Many clients of all interfaces at once.
#   SPILLWAY=path/to/spillway tests/api/streams.test.sh
set -eu
: "${SPILLWAY:?names the program to test}"
SPILLWAY=$(realpath "$SPILLWAY")
export SPILLWAY
cd "$(dirname "$0")"

../../scripts/npm_packages .
exec node --test streams.test.mjs
