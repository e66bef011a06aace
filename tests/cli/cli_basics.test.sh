#!/usr/bin/env bash
# The command line as a whole: exit codes, standard output and error, wrong options, output that cannot be written.
. "$(dirname "$0")/lib.sh"

expect 2
is_silent out
says err "usage: spillway COMMAND"
expect 0 --help
says out "usage: spillway COMMAND"
is_silent err
expect 0 --version
says out "spillway 0."
expect 2 frobnicate
says err "unknown command 'frobnicate'"
is_silent out
expect 2 ""
expect 2 --frobnicate

for command in run serve bench report inspect tokenize logits synth perf quantize limits; do
  expect 0 "$command" --help
  says out "usage: spillway $command"
  is_silent err
  expect 2 "$command" --frobnicate
  says err "unknown option '--frobnicate'"
  is_silent out
done

expect 0 limits
says out "GGUF_KEYS"
is_plain out

code=0
"$SPILLWAY" limits >/dev/full 2>.err || code=$?
[ "$code" = 1 ] || fail "a full disk went unnoticed (exit code $code)"
says err "cannot be written"

# Options of every command that loads a model: ranges and words.
model=$golden/qwen3-f32.gguf
for option in "--threads 0" "--threads 257" "--threads x" "--threads" "--ctx-size 0" "--ctx-size 1048577" "--batch 4097" \
  "--kv-type f8" "--kv-type q8" "--compat ollama" "--cpu-moe=1" "--cpu-moe --n-cpu-moe 2"; do
  # shellcheck disable=SC2086
  expect 2 logits "$model" --tokens 1 --out x $option
  is_silent out
done
SPILLWAY_ARG_THREADS=no expect 2 logits "$model" --tokens 1 --out x
says err "SPILLWAY_ARG_THREADS"
[ ! -e x ] || fail "a file was left"
