#!/usr/bin/env bash
# The server as scripts of web pages see it, in Chromium: those of an allowed origin and of others.
#   SPILLWAY=path/to/spillway tests/web/pages.test.sh
set -euo pipefail
: "${SPILLWAY:?names the program to test}"
SPILLWAY=$(realpath "$SPILLWAY")
export SPILLWAY
cd "$(dirname "$0")"

../../scripts/npm_packages ../../web
exec node --test pages.test.mjs
