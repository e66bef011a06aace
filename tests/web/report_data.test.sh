#!/usr/bin/env bash
# The CSV file inside a report and its links, in a real browser: what is downloaded is what `report --format csv` prints, and a
# figure leads to its row, the row to its answer, which opens, with the page's script and without.  Needs Debian's chromium.
set -euo pipefail
source_dir=${SPILLWAY_SOURCE:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$source_dir/scripts/npm_packages" "$source_dir/web"

cp "$source_dir/tests/data/stores/schema1.sqlite" "$work/results.sqlite"
"$SPILLWAY" report "$work/results.sqlite" --out "$work" >/dev/null
"$SPILLWAY" report "$work/results.sqlite" --format csv >"$work/expected.csv"
node "$source_dir/tests/web/report_data_check.mjs" "$work/report.html" "$work/expected.csv"
