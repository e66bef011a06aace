#!/usr/bin/env bash
# spillway run: the answer on standard output and nothing else, the same answer for the same seed.
. "$(dirname "$0")/lib.sh"
model=$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf

expect 0 run "$model" "Hello" --max-tokens 12 --temp 0
cp .out first
is_plain out
is_plain err
[ -s first ] || fail "no answer"
expect 0 run "$model" "Hello" --max-tokens 12 --temp 0 --threads 1
cmp .out first || fail "one thread gives another answer"
SPILLWAY_ISA=scalar expect 0 run "$model" "Hello" --max-tokens 12 --temp 0
cmp .out first || fail "scalar kernels give another answer"
echo -n "Hello" | expect 0 run "$model" - --max-tokens 12 --temp 0
cmp .out first || fail "standard input gives another answer"
echo -n "Hello" | expect 0 run "$model" --max-tokens 12 --temp 0
cmp .out first || fail "standard input without '-' gives another answer"

expect 0 run "$model" "Hello" --max-tokens 12 --temp 1 --seed 7
cp .out seeded
expect 0 run "$model" "Hello" --max-tokens 12 --temp 1 --seed 7
cmp .out seeded || fail "the same seed gives another answer"

expect 0 run "$model" "Hello" --max-tokens 5 --stats --quiet
says err "tokens/s"
says err "experts used"
is_plain err
expect 0 run "$model" "Hello" --max-tokens 5 --show-reasoning
is_plain err

# --color beats NO_COLOR and what standard error is.
reasons=$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf
dim=$(printf '\033[2m')
NO_COLOR=1 expect 0 run "$reasons" "What is 2 + 2?" --max-tokens 8 --show-reasoning --quiet --color always
says err "$dim"
for choice in auto never; do
  expect 0 run "$reasons" "What is 2 + 2?" --max-tokens 8 --show-reasoning --quiet --color "$choice"
  is_plain err
  [ -s .err ] || fail "no reasoning"
done
expect 2 run "$reasons" "Hello" --color sometimes
says err "--color takes always, auto or never, not 'sometimes'"

expect 0 run "$model" "one two" --raw --max-tokens 3
expect 0 run stub: "Hello" --max-tokens 4

expect 0 run "$model" "Hello" --max-tokens 12 --temp 0 --repeat-penalty 1 --presence-penalty 0 --typical 1
cmp .out first || fail "penalties that are off change the answer"
expect 0 run "$model" "Repeat after me: red blue red" --max-tokens 12 --temp 0
cp .out repeated
expect 0 run "$model" "Repeat after me: red blue red" --max-tokens 12 --temp 0 --repeat-penalty 1.5 --repeat-last-n -1
! cmp -s .out repeated || fail "a repetition penalty does not change the answer"
expect 0 run "$model" "Hello" --max-tokens 12 --typical 0.5 --presence-penalty 1 --frequency-penalty -1

# Harmony tells the model the date, which is a part of the prompt.
expect 0 run "$model" "Hello" --max-tokens 12 --temp 0 --date 2025-01-31 --quiet --json
expect 2 run "$model" "Hello" --date yesterday
says err "YYYY-MM-DD"

expect 2 run "$model" </dev/null
says err "no prompt"
expect 2 run "$model" "Hello" --repeat-last-n -2
expect 2 run "$model" "Hello" --presence-penalty 3
expect 2 run "$model" "Hello" --temp 3
says err "--temp"
expect 2 run "$model" "Hello" --max-tokens -1
expect 2 run "$model" "Hello" --raw --system "Be brief"
expect 1 run absent.gguf "Hello"
says err "absent.gguf"
is_silent out
printf 'a\0b' | expect 1 run "$model" -
says err "zero byte"

# Words that a shell has split are one prompt again.
expect 0 run "$model" Repeat after me: red blue red --max-tokens 12 --temp 0
cmp .out repeated || fail "words without quotes are another prompt"
expect 0 run --temp 0 "$model" Repeat after --max-tokens 12 me: red blue red
cmp .out repeated || fail "options between the words change the prompt"
expect 0 run -p "Repeat after me: red blue red" --temp 0 -n 12 -m "$model"
cmp .out repeated || fail "-m and -p are another prompt"

# A limit that is reached while the model thinks is said; one that cuts an answer was asked for.
for form in "" --json; do
  # shellcheck disable=SC2086
  expect 0 run "$model" "Hello" --max-tokens 3 --temp 0 --quiet $form
  says err "the limit of 3 tokens was reached while the model was still thinking"
  says err "--max-tokens"
  [ "$(wc -l <.err)" = 1 ] || fail "more than one line"
done
expect 0 run "$model" "Hello" --temp 0 --quiet
cp .out whole
is_silent err
expect 0 run stub: "Hello" --max-tokens 4 --quiet
is_silent err
expect 0 run stub: "Hello there" --ctx-size 36 --quiet
says err "the context was full"
says err "--ctx-size"

# Where the original and llama.cpp differ, inspect says so.
expect 0 inspect "$SPILLWAY_SOURCE/models/demo-phimoe.gguf"
says out "not as llama.cpp"
expect 0 inspect "$SPILLWAY_SOURCE/models/demo-deepseek.gguf"
! grep -q "llama.cpp" .out || fail "deepseek does not differ"
