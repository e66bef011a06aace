#!/usr/bin/env bash
# spillway run without a prompt: a conversation, typed on a pseudo-terminal.
. "$(dirname "$0")/lib.sh"
python3 "$SPILLWAY_SOURCE/tests/cli/run_chat.py" "$SPILLWAY" "$SPILLWAY_SOURCE"
