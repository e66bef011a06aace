#!/usr/bin/env bash
# Reports made from the answers of a hostile server, opened from disk in a real browser: the charts draw, all nine tests
# are there, nothing is fetched, no script but ours runs, whatever names, answers and errors are.  Needs Debian's chromium.
set -euo pipefail
source_dir=${SPILLWAY_SOURCE:-.}
work=$(mktemp -d)
trap 'exec 3>&-; rm -rf "$work"' EXIT
"$source_dir/scripts/npm_packages" "$source_dir/web"

# The server lives as long as descriptor 3 is open.
mkfifo "$work/stdin"
node "$source_dir/tests/web/openai_server.mjs" <"$work/stdin" >"$work/url" &
server_pid=$!
exec 3>"$work/stdin"
for _ in $(seq 100); do test -s "$work/url" && break; sleep 0.1; done

"$SPILLWAY" bench --url "$(cat "$work/url")" --server-pid "$server_pid" --pause 0 --repeat 1 --modes stream \
  --out "$work/out" --quiet >"$work/table"
node "$source_dir/tests/web/hostile_strings.mjs" >"$work/protocol.json"
# Some of its answers are errors, and each has another fingerprint: such a run is invalid.
"$SPILLWAY" bench --url "$(cat "$work/url")" --protocol "$work/protocol.json" --concurrency 8 --repeat 1 --modes stream \
  --out "$work/hostile" --quiet >"$work/hostile.txt" && status=0 || status=$?
[ "$status" -eq 4 ] || { echo "the hostile run ended with $status" >&2; exit 1; }
# One that tells of its experts, and answers without streaming too; so fast that decode rates may be missing.
"$SPILLWAY" bench "$source_dir/models/demo-phimoe.gguf" --pause 0 --repeat 1 --modes stream,whole --out "$work/demo" --quiet \
  >"$work/demo.txt" && status=0 || status=$?
[ "$status" -le 3 ] || { echo "the demo run ended with $status" >&2; exit 1; }
node "$source_dir/tests/web/report_check.mjs" "$work/out/report.html" "$work/hostile/report.html" "$work/demo/report.html" &
check_pid=$!
node "$source_dir/tests/web/report_access.mjs" "$work/out/report.html" "$work/demo/report.html"
wait "$check_pid"
