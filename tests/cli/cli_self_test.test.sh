#!/usr/bin/env bash
# spillway bench --self-test: the form of what it prints.  Whether this machine is quiet enough to measure is no matter of a
# test; tests/unit/test_self_test.c checks that a wrong clock is found.
. "$(dirname "$0")/lib.sh"

code=0
"$SPILLWAY" bench --self-test --json >.out 2>.err || code=$?
[ "$code" = 0 ] || [ "$code" = 3 ] || fail "exit code $code"
is_silent err
python3 - "$code" <<'PYTHON' || fail "the document is not that of a self-test"
import json, sys
result = json.load(open(".out"))
answers = {figure["answer"] for figure in result["figures"]}
assert answers == {"steady", "several per event", "bursts", "stall"}, answers
figures = {(f["answer"], f["figure"]): f for f in result["figures"]}
for answer in answers:
    assert figures[answer, "tokens"]["ok"], answer
    for name in "first event", "first token", "total", "decode", "overall", "longest stall":
        f = figures[answer, name]
        assert f["ok"] == (f["measured"] is not None and abs(f["measured"] - f["expected"]) <= f["bound"] + 0.001), f
    assert figures[answer, "total"]["measured"] > figures[answer, "first token"]["measured"]
assert figures["stall", "stalls"]["expected"] == 1 and figures["stall", "longest stall"]["expected"] > 1000
assert [load["streams"] for load in result["loads"]] == [1, 8, 32]
assert all(load["cpu_percent"] > 0 for load in result["loads"])
parts = result["figures"] + result["loads"]
assert result["ok"] == all(part["ok"] for part in parts) == (sys.argv[1] == "0")
PYTHON
expect 2 bench --self-test --url localhost:1
says err "--self-test measures a server of its own"
