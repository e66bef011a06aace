#!/usr/bin/env bash
# zsh and fish load their completions and complete a command, options and their other spellings; cli_basics does it for
# bash.  A shell that is not installed is named and left out; scripts/deps test installs both.
. "$(dirname "$0")/lib.sh"

has() {
  command -v "$1" >/dev/null || { echo "left out: $1 is not installed (scripts/deps test installs it)" && return 1; }
}
commands=$("$SPILLWAY" --help | sed -n 's/^  \([a-z]\+\) .*/\1/p')

# ---- fish tells what it would offer for a line ----
# offers LINE WORD
offers() {
  fish --no-config -c "source spillway.fish; complete -C '$1'" >.out 2>.err || fail "fish cannot complete '$1'"
  is_silent err
  cut -f 1 .out | grep -qx -- "$2" || fail "fish does not offer $2 for '$1'"
}
if has fish; then
  "$SPILLWAY" completions fish >spillway.fish
  offers 'spillway ser' serve
  offers 'spillway run --max-t' --max-tokens
  offers 'spillway run --n-pred' --n-predict
  offers 'spillway serve --model-d' --model-dirs
  offers 'spillway bench re' review
  offers 'spillway bench --mo' --modes
  offers 'spillway bench review --bl' --blind
  fish --no-config -c "source spillway.fish; complete -C 'spillway bench review --mode'; complete -C 'spillway bench --bl'" >.out
  ! grep -q -e --modes -e --blind .out || fail "fish mixes the options of bench and of bench review"
  for command in $commands; do
    offers "spillway $command --he" --help
  done
  fish --no-config -c "source spillway.fish; complete -C 'spillway quantize --max-t'" >.out
  is_silent out # an option of another command
fi

# ---- zsh completes on a terminal of its own; the command is then a function that prints its words ----
cat >complete.zsh <<'ZSH'
zmodload zsh/zpty || exit 1
zpty shell "TERM=dumb PS1= zsh -f -i"
zpty -w shell "fpath=($PWD/functions \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w shell "spillway() { print -r -- '<''<'\$*'>''>' }" # its echo has no <<
while IFS= read -r line; do
  zpty -w shell "$line"
  zpty -r shell shown '*<<*>>*'
  print -r -- "${${shown##*<<}%%>>*}"
done
zpty -d shell
ZSH
if has zsh; then
  mkdir functions
  "$SPILLWAY" completions zsh >functions/_spillway
  printf '%s\t%s\n' 'spillway ser' '' 'spillway run --max-t' 5 'spillway run --n-pred' 5 'spillway quantize --exp' Q8_0 \
    'spillway bench rev' '' 'spillway bench --ti' 5 'spillway bench review --bl' '' >lines
  printf '%s\n' serve 'run --max-tokens=5' 'run --n-predict=5' 'quantize --experts=Q8_0' 'bench review' 'bench --time-budget=5' 'bench review --blind' >wanted
  for command in $commands; do
    printf 'spillway %s --he\t\n' "$command" >>lines
    echo "$command --help" >>wanted
  done
  zsh -f complete.zsh <lines >.out 2>.err || fail "zsh cannot run"
  diff wanted .out || fail "zsh completes otherwise"
fi
