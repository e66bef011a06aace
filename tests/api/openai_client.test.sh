#!/bin/bash
# The server as real clients see it: the official OpenAI client, then bytes on sockets.
#   SPILLWAY=path/to/spillway tests/api/openai_client.test.sh
set -eu
: "${SPILLWAY:?names the program to test}"
SPILLWAY=$(realpath "$SPILLWAY")
export SPILLWAY
cd "$(dirname "$0")"

# The client comes from npm, at the versions of package-lock.json.
if [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-progress
fi
exec node --test openai.test.mjs http.test.mjs
