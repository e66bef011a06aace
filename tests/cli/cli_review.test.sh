#!/usr/bin/env bash
# `spillway bench review`: scores typed on a terminal, printed, and taken from files, all or none.
set -euo pipefail
source "$SPILLWAY_SOURCE/tests/cli/lib.sh"

# ---- a store of an older schema: read as it is, brought to the newest when something is stored ----
cp "$SPILLWAY_SOURCE/tests/data/stores/schema2.sqlite" all.sqlite
expect 0 bench review all.sqlite --list
says err "there are no reviews"
expect 0 bench review all.sqlite --json
says out '"reviews": []'
cmp all.sqlite "$SPILLWAY_SOURCE/tests/data/stores/schema2.sqlite" || fail "printing changed the store"

# ---- a terminal ----
expect 2 bench review all.sqlite </dev/null
says err "it asks on a terminal, and this is none"
says err "--page FILE"
cmp all.sqlite "$SPILLWAY_SOURCE/tests/data/stores/schema2.sqlite" || fail "a refusal changed the store"
python3 "$SPILLWAY_SOURCE/tests/cli/run_review.py" "$SPILLWAY" all.sqlite || fail "on a terminal"
expect 0 bench review all.sqlite --list
says out "Ada"
says out "good"
is_plain out

expect 0 report all.sqlite --format table
says out "People's scores"
expect 0 report all.sqlite --format md
says out "| Ada |"
expect 0 report all.sqlite --json
says out '"reviewer": "Ada"'
expect 0 report "$SPILLWAY_SOURCE/tests/data/stores/schema2.sqlite" --format md
says out "spillway bench review RUN"

# ---- files ----
expect 0 bench review all.sqlite:1 --json
cp .out mine.json
cp "$SPILLWAY_SOURCE/tests/data/stores/schema2.sqlite" other.sqlite
expect 0 bench review other.sqlite --import mine.json
says out "3 reviews added, 0 replaced"
expect 0 bench review other.sqlite --import mine.json
says out "0 reviews added, 3 replaced"
expect 0 bench review other.sqlite --json
cmp .out mine.json || fail "what was imported is not what was exported"
expect 0 runs merge merged.sqlite all.sqlite
expect 0 bench review merged.sqlite --json
cmp .out mine.json || fail "a merged run has other reviews"
python3 - <<'PYTHON'
import json
file = json.load(open("mine.json"))
file["reviews"][0]["note"] = "changed"
file["reviews"][1]["content"] = 6
json.dump(file, open("bad.json", "w"))
file["reviews"][1]["content"] = 5
file["run"]["started_unix_ms"] += 1
json.dump(file, open("foreign.json", "w"))
PYTHON
expect 1 bench review other.sqlite --import bad.json
says err "bad.json: line 1, reviews[1].content"
expect 2 bench review other.sqlite --import foreign.json
says err "the reviews are of another run"
expect 1 bench review other.sqlite --import absent.json
says err "absent.json"
expect 0 bench review other.sqlite --json
cmp .out mine.json || fail "a file that was refused changed the store"

# ---- pages ----
expect 0 bench review other.sqlite --page page.html
is_silent out
grep -q "default-src 'none'" page.html || fail "a page without a policy"
cp page.html before.html
expect 2 bench review other.sqlite --page page.html
cmp -s page.html before.html || fail "a page was replaced"
expect 0 bench review other.sqlite --page page.html --force
expect 2 bench review other.sqlite --page other.sqlite --force
expect 0 bench review other.sqlite --json # it is there
expect 1 bench review other.sqlite --page absent/page.html
expect 1 bench review other.sqlite --page none.html --test absent
says err "no complete answer of test 'absent'"
[ ! -e none.html ] || fail "a page without answers"

# ---- usage ----
expect 2 bench review all.sqlite --force --list
says err "--force is for --page"
expect 2 bench review all.sqlite --list --json
says err "only one of"
expect 2 bench review all.sqlite --list --test first
says err "choose what is asked"
expect 2 bench review all.sqlite --reviewer "$(printf 'x%.0s' {1..129})"
says err "a reviewer's name may have 128 bytes, not 129"
expect 2 bench review
expect 1 bench review absent.sqlite --list
says err "absent.sqlite"
expect 0 bench review --help
says out "--import FILE"
