#!/usr/bin/env bash
# spillway bench against the ways to answer wrongly of bad_answers.py: each ends within its limits, keeps what was measured,
# and says what was wrong.
. "$(dirname "$0")/lib.sh"

PYTHONDONTWRITEBYTECODE=1 python3 "$SPILLWAY_SOURCE/tests/cli/bad_answers.py" "$SPILLWAY" >.out 2>.err || fail "some answers are judged wrongly"
