#!/bin/bash
# The server as clients see it that need a newer Node.js than Debian's: one of the packages is that program.
#   SPILLWAY=path/to/spillway tests/clients/clients.test.sh
set -eu
: "${SPILLWAY:?names the program to test}"
SPILLWAY=$(realpath "$SPILLWAY")
export SPILLWAY
cd "$(dirname "$0")"

../../scripts/npm_packages .
exec node_modules/node-linux-*/bin/node --import ./loopback_only.mjs --test ai_sdk.test.mjs langchain.test.mjs openai.test.mjs
