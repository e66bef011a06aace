#!/usr/bin/env bash
# `spillway report RUN... --paper DIR`: every query runs on the store and gives the rows of its table.
set -euo pipefail
source "$SPILLWAY_SOURCE/tests/cli/lib.sh"

# A store of the present schema: the merged copies of older ones.
expect 0 runs merge all.sqlite "$SPILLWAY_SOURCE/tests/data/stores/schema1.sqlite" \
  "$SPILLWAY_SOURCE/tests/data/stores/schema1-resumed.sqlite"
expect 0 report all.sqlite:1 all.sqlite:2 --paper paper
says out paper/data.md
sum=$(cksum <all.sqlite)

python3 - <<'PYTHON'
import csv, glob, sqlite3, xml.dom.minidom

store = sqlite3.connect("file:all.sqlite?mode=ro", uri=True)

def rows(name):
    found = []
    for statement in open(f"paper/{name}.sql").read().split(";\n"):
        if statement.strip():
            found += [row for run in (1, 2) for row in store.execute(statement, {"run": run})]
    return found

names = [path[6:-4] for path in glob.glob("paper/*.sql")]
assert len(names) == 11, names
count = {name: len(rows(name)) for name in names}
tables = {name: list(csv.DictReader(open(f"paper/{name}.csv"))) for name in names if glob.glob(f"paper/{name}.csv")}
assert count["architecture"] == len(tables["architecture"]) == 2, count
assert count["answers"] == len(tables["answers"]) == 11, (count, len(tables["answers"]))
tokens = sum(float(row["tokens"]) for row in tables["streaming"])
completed = [row for row in tables["answers"] if row["status"] == "completed"]
assert tokens == sum(float(row["tokens"]) for row in completed), tokens
events, = store.execute("SELECT count(*) FROM event JOIN test ON test.id = test_id WHERE phase = 'measure'").fetchone()
assert count["streaming"] == events > 0, (count, events)
assert count["placement"] == count["experts"] == 0 and not tables["placement"], count
drawings = glob.glob("paper/*.svg")
assert "paper/token-time-1.svg" in drawings and "paper/latency.svg" in drawings, drawings
for path in drawings:
    xml.dom.minidom.parse(path)
guide = open("paper/data.md").read()
assert guide.count("```sql") == 11 and "| 2 | 2 | " in guide, guide
PYTHON
[ "$(cksum <all.sqlite)" = "$sum" ] || fail "the store was changed"

# ---- wrong usage ----
expect 2 report all.sqlite all.sqlite:2
says err "several runs are for --paper"
expect 2 report all.sqlite --paper paper --json
says err "--paper and --share write their own files"
expect 1 report all.sqlite:9 --paper paper
says err "has no run 9"
expect 1 report all.sqlite --paper missing/paper
says err "missing/paper cannot be made: No such file or directory"
