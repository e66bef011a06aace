#!/usr/bin/env bash
# Progress and colours: what a terminal shows, and what a pipe gets.
. "$(dirname "$0")/lib.sh"
echo '{"name":"p","version":1,"pause_s":0,"tests":[{"name":"t","prompt":"x","max_tokens":40}]}' >protocol.json
python3 "$SPILLWAY_SOURCE/tests/cli/terminal_lines.py" "$SPILLWAY"

bench() {
  expect "$1" bench --serve stub: --protocol protocol.json --no-report "${@:2}"
}
bench 0
is_plain err
says err "1 of 1 ok"
bench 0 --color always
says err $'\x1b[32m1 of 1 ok'
bench 0 --quiet
is_silent err
bench 2 --color sometimes
says err "--color takes always, auto or never, not 'sometimes'"
expect 2 run stub: hello --color sometimes
expect 0 run stub: hello --color always -q -n 2
is_plain out
