# `spillway run` and `spillway tokenize` as a user calls them: what goes to which stream, and the exit codes.
set -u
failures=0

# expect NAME WANTED ACTUAL
expect() {
    if [ "$2" != "$3" ]; then
        printf 'FAILED %s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3"
        failures=$((failures + 1))
    fi
}

# contains NAME PART TEXT
contains() {
    case $3 in *"$2"*) ;; *) expect "$1" "... $2 ..." "$3" ;; esac
}

answer=$("$SPILLWAY" run stub: hello --max-tokens 6)
expect 'run ends well' 0 $?
expect 'run answers six words' 6 "$(echo "$answer" | wc -w | tr -d ' ')"
expect 'the same question has the same answer' "$answer" "$("$SPILLWAY" run stub: hello --max-tokens 6)"
expect 'the prompt may come from standard input' "$answer" "$(printf hello | "$SPILLWAY" run stub: - --max-tokens 6)"
expect 'nothing but the answer on standard output' "$answer" \
    "$("$SPILLWAY" run stub: hello --max-tokens 6 --stats --show-reasoning 2>/dev/null)"
contains '--stats tells the speed' 'answer      6 tokens' \
    "$("$SPILLWAY" run stub: hello --max-tokens 6 --stats 2>&1 >/dev/null)"
expect 'options may come from the environment' "$answer" "$(SPILLWAY_ARG_MAX_TOKENS=6 "$SPILLWAY" run stub: hello)"

# refused EXIT PART ARGUMENTS...
refused() {
    wanted=$1 part=$2
    shift 2
    message=$("$SPILLWAY" "$@" 2>&1 </dev/null)
    expect "exit of '$*'" "$wanted" $?
    contains "message of '$*'" "$part" "$message"
}
refused 2 'no prompt' run stub:
refused 2 'cpu-moe' run stub: x --cpu-moe --n-cpu-moe 3
refused 2 'kv-type' run stub: x --kv-type q8
refused 2 '--system' run stub: x --raw --system y
refused 2 'temp' run stub: x --temp 2.1
refused 2 'min_p' run stub: x --min-p 1
refused 1 'no-such-model.gguf' run no-such-model.gguf x
refused 1 '16 tokens' run stub: 'sixteen letters.' --raw --ctx-size 16
refused 2 'prompt: it has no tokens' run stub: - --raw
refused 1 'no-such-model.gguf' tokenize no-such-model.gguf
printf 'a\0b' | "$SPILLWAY" run stub: - 2>/dev/null
expect 'a zero byte in the prompt is refused' 1 $?
"$SPILLWAY" run stub: hello >/dev/full 2>/dev/null
expect 'a full disk is noticed' 1 $?

expect 'tokenize takes any bytes' '104 105 255 10' "$(printf 'hi\377\n' | "$SPILLWAY" tokenize stub:)"
expect 'no text has no tokens' '' "$(printf '' | "$SPILLWAY" tokenize stub:)"
expect 'control tokens are text' 10 "$(printf '<|im_end|>' | "$SPILLWAY" tokenize stub: | wc -w | tr -d ' ')"
expect 'unless told otherwise' 1 "$(printf '<|im_end|>' | "$SPILLWAY" tokenize stub: --parse-special | wc -w | tr -d ' ')"
printf hi | "$SPILLWAY" tokenize stub: >/dev/full 2>/dev/null
expect 'tokenize notices a full disk' 1 $?

exit $((failures > 0))
