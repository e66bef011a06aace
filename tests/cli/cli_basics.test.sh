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

"$SPILLWAY" --help | sed -n 's/^  \([a-z]\+\) .*/\1/p' >commands
[ "$(wc -l <commands)" -ge 13 ] || fail "only these commands: $(cat commands)"
for command in $(cat commands); do
  expect 0 "$command" --help
  says out "usage: spillway $command"
  is_silent err
  cp .out by_option
  expect 0 help "$command"
  cmp .out by_option || fail "help $command is not $command --help"
  if [ "$command" != limits ]; then
    [ "$(sed -n '/^examples:/,$p' .out | grep -c "^  .*spillway $command")" = 3 ] || fail "$command --help has not three examples"
  fi
  grep -qw "$command" "$SPILLWAY_SOURCE/cmake/pages.cmake" || fail "cmake/pages.cmake makes no man page of $command"
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
  "--kv-type f8" "--kv-type q8" "--compat ollama" "--cpu-moe=2" "--cpu-moe --n-cpu-moe 2"; do
  # shellcheck disable=SC2086
  expect 2 logits "$model" --tokens 1 --out x $option
  is_silent out
done
SPILLWAY_ARG_THREADS=no expect 2 logits "$model" --tokens 1 --out x
says err "SPILLWAY_ARG_THREADS"
[ ! -e x ] || fail "a file was left"

# ---- typing errors: the nearest command or option is named ----
expect 2 rnu
says err "did you mean 'run'?"
expect 2 benhc
says err "did you mean 'bench'?"
expect 2 help serv
says err "did you mean 'serve'?"
for pair in --tmep=--temp --temperatur=--temperature --max-token=--max-tokens --sed=--seed --thraeds=--threads --ctxsize=--ctx-size --mdel=--model; do
  expect 2 run stub: hello "${pair%%=--*}" 1
  says err "unknown option '${pair%%=--*}'; did you mean '--${pair#*=--}'"
done
expect 2 run stub: hello --frobnicate
! grep -q "did you mean" .err || fail "a suggestion for a word that is like nothing"

# ---- options that users of similar programs type ----
expect 0 run -m stub: -p hello -n 4 --temperature 0 -s 1 -c 512 -b 64 --quiet
cp .out plain
is_silent err
for option in "-ngl 99" "--n-gpu-layers 99" -fa "-fa on" "--flash-attn auto" "--mlock" "--no-mmap" "--numa distribute" --jinja \
  "--log-colors off" "-tb 2" "-ub 128" "--ubatch-size=128" -cnv -i --metrics --slots "-ot exps=CPU" "--vram 4G"; do
  # shellcheck disable=SC2086
  expect 0 run -m stub: $option -p hello -n 4 --temperature 0 -s 1 -c 512 -b 64 --quiet
  cmp .out plain || fail "$option changes the answer"
  says err "has no effect"
  [ "$(wc -l <.err)" = 1 ] || fail "$option: more than one note"
done
for option in "-hf user/repo" "-hff file" "--alias x" "-f file" "--grammar x" "--mirostat 2" "--lora x" "--host 127.0.0.1" "--port 80"; do
  # shellcheck disable=SC2086
  expect 2 run -m stub: -p hello $option
  says err "'${option%% *}': "
  is_silent out
done
expect 2 run stub: hello -ctk q8_0
says err "--kv-type"
expect 0 run stub: hello -ctk q8_0 -ctv q8_0 -n 4
expect 0 run stub: hello -ctk f16 -n 4
expect 2 run stub: hello -ctk f9 -ctv f9
expect 2 run stub: hello -p again
says err "given twice"
expect 2 run -m stub: -ngl
says err "needs a value"
expect 2 inspect a.gguf b.gguf
expect 2 inspect a.gguf --model b.gguf
says err "--model names the model"

# ---- variables of llama.cpp, which spillway's own and options beat ----
LLAMA_ARG_N_PREDICT=4 expect 0 run stub: hello --temp 0 -s 1 -c 512 --quiet
cmp .out plain || fail "LLAMA_ARG_N_PREDICT does not count"
LLAMA_ARG_N_PREDICT=9 SPILLWAY_ARG_MAX_TOKENS=4 expect 0 run stub: hello --temp 0 -s 1 -c 512 --quiet
cmp .out plain || fail "LLAMA_ARG_N_PREDICT beats SPILLWAY_ARG_MAX_TOKENS"
LLAMA_ARG_N_PREDICT=9 expect 0 run stub: hello --temp 0 -s 1 -c 512 --quiet -n 4
cmp .out plain || fail "LLAMA_ARG_N_PREDICT beats -n"
LLAMA_ARG_CTX_SIZE=many expect 2 run stub: hello
says err "LLAMA_ARG_CTX_SIZE takes a whole number"

# ---- completions and man pages come from the same tables ----
for shell in bash zsh fish; do
  expect 0 completions $shell
  is_silent err
  for word in quantize max-tokens n-predict ncmoe kv-type; do
    says out "$word"
  done
  cp .out "completions.$shell"
  ! command -v $shell >/dev/null || $shell -n "completions.$shell" || fail "$shell cannot read its completions"
done
expect 2 completions tcsh
# completes LINE... WORD: bash makes WORD of the last word of the line.
completes() {
  # shellcheck disable=SC2016
  [ "$(bash -c '. ./completions.bash; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _spillway; echo "${COMPREPLY[*]}"' bash "${@:1:$#-1}")" = "${!#}" ] ||
    fail "bash does not complete ${*:1:$#-1}"
}
completes spillway qua quantize
completes spillway run --max-t --max-tokens
completes spillway bench rev review
completes spillway bench --time-b --time-budget
completes spillway bench review --bl --blind
completes spillway bench review --time-b ''
expect 0 man
says out ".TH spillway 1"
for command in $(cat commands); do
  expect 0 man "$command"
  says out ".TH spillway\\-$command 1"
  is_plain out
  if command -v groff >/dev/null; then
    groff -man -Tutf8 -ww .out >/dev/null 2>warnings || fail "groff: man $command"
    [ ! -s warnings ] || fail "groff warns of man $command: $(cat warnings)"
  fi
done
expect 0 man bench review
says out ".TH spillway\-bench\-review 1"
expect 0 help bench review
says out "usage: spillway bench review RUN"
expect 2 man bench nothing
expect 0 man run
says out '\fB\-\-max\-tokens\fR \fIN\fR, \fB\-n\fR'
expect 2 man nothing
