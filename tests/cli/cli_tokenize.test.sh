#!/usr/bin/env bash
# spillway tokenize: the vectors of a vocabulary, and input that is empty, binary or without a model.
. "$(dirname "$0")/lib.sh"
data=$SPILLWAY_SOURCE/tests/data/tokenizer

model=$data/ggml-vocab-phi-3.gguf

python3 - "$SPILLWAY" "$model" <<'PYTHON' || fail "other tokens than the vectors"
import subprocess, sys
spillway, model = sys.argv[1:]
texts = open(model + ".inp", encoding="utf-8", newline="").read().split("\n__ggml_vocab_test__\n")
rows = open(model + ".out").read().splitlines()
n = 0
for text, row in zip(texts, rows):
    out = subprocess.run([spillway, "tokenize", model], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
    assert out.decode().split() == row.split(), (text, out, row)
    n += 1
assert n > 30, n
PYTHON

expect 0 tokenize "$model" </dev/null
[ "$(cat .out)" = "" ] || fail "tokens without text"
is_silent err
head -c 5000 /dev/zero | tr '\0' '\377' >bytes
expect 0 tokenize "$model" <bytes
is_silent err
[ "$(wc -w <.out)" -ge 5000 ] || fail "bytes were lost"

# Special tokens only where they are asked for.
echo -n "<|end|>" >special
expect 0 tokenize "$model" <special
! grep -qw 32007 .out || fail "text became a control token"
expect 0 tokenize "$model" --parse-special <special
[ "$(cat .out)" = 32007 ] || fail "--parse-special: $(cat .out)"
expect 0 tokenize "$model" --add-special <special
[ "$(cut -d' ' -f1 .out)" = 1 ] || fail "--add-special does not begin with BOS"

expect 1 tokenize absent.gguf <special
says err "absent.gguf"
is_silent out
expect 2 tokenize <special
code=0
"$SPILLWAY" tokenize "$model" <special >/dev/full 2>.err || code=$?
[ "$code" = 1 ] || fail "a full disk went unnoticed"
