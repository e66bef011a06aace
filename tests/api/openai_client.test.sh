#!/bin/bash
# The server as real clients see it: the official clients of each family, then bytes on sockets.
#   SPILLWAY=path/to/spillway tests/api/openai_client.test.sh
set -eu
: "${SPILLWAY:?names the program to test}"
SPILLWAY=$(realpath "$SPILLWAY")
export SPILLWAY
cd "$(dirname "$0")"

../../scripts/npm_packages .
exec node --test openai.test.mjs responses.test.mjs anthropic.test.mjs ollama.test.mjs llama.test.mjs http.test.mjs metrics.test.mjs \
  patterns.test.mjs ws.test.mjs
