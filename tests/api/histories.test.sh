#!/bin/bash
# Chats whose history holds calls of tools, over HTTP.
#   SPILLWAY=path/to/spillway tests/api/histories.test.sh
set -eu
: "${SPILLWAY:?names the program to test}"
SPILLWAY=$(realpath "$SPILLWAY")
export SPILLWAY
cd "$(dirname "$0")"
exec node --test histories.test.mjs
