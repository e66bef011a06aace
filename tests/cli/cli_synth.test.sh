#!/usr/bin/env bash
# spillway synth: every tiny preset is a model that runs, files are reproducible, and an error leaves no file.
. "$(dirname "$0")/lib.sh"

expect 2 synth no-such-preset out.gguf
says err "gpt-oss-20b"
[ ! -e out.gguf ] || fail "a file for a preset that is not there"
presets=$(sed 's/.*there are //; s/,//g' .err)
tiny=0
for preset in $presets; do
  case $preset in tiny-*) ;; *) continue ;; esac
  tiny=$((tiny + 1))
  expect 0 synth "$preset" "$preset.gguf" --quiet
  is_silent out
  is_silent err
  expect 0 inspect "$preset.gguf" --json
  says out "\"name\": \"$preset\""
  expect 0 logits "$preset.gguf" --tokens 5,6,7,8 --out logits
  python3 -c '
import array, math
row = array.array("f", open("logits", "rb").read())
assert len(row) == 4 * 512 and all(map(math.isfinite, row))
spread = math.sqrt(sum(x * x for x in row) / len(row))
assert 0.1 < spread < 100, spread
' || fail "$preset: the logits are not well-behaved"
done
[ "$tiny" -ge 3 ] || fail "there are $tiny tiny presets"

# The same seed gives the same bytes, another seed others.
expect 0 synth tiny-gpt-oss again.gguf --quiet
cmp tiny-gpt-oss.gguf again.gguf || fail "two runs differ"
expect 2 synth tiny-gpt-oss again.gguf --seed 2 --quiet
says err "again.gguf exists and is not replaced"
cmp tiny-gpt-oss.gguf again.gguf || fail "a refused run changed the file"
expect 0 synth tiny-gpt-oss again.gguf --seed 2 --quiet --force
! cmp -s tiny-gpt-oss.gguf again.gguf || fail "the seed changes nothing"

# One true layer of a large model, with a small vocabulary.
expect 0 synth deepseek-v2-lite --layers 1 --vocab 1000 lite.gguf --quiet
expect 0 inspect lite.gguf --json
python3 -c '
import json
m = json.load(open(".out"))
assert (m["n_layers"], m["n_vocab"], m["n_embd"], m["architecture"]) == (1, 1000, 2048, "deepseek2"), m
' || fail "the options are not what is in the file"

expect 2 synth tiny-gpt-oss --layers 5 out.gguf
says err "layers"
expect 2 synth tiny-gpt-oss --vocab 10 out.gguf
says err "vocabulary"
expect 1 synth tiny-gpt-oss absent-folder/out.gguf
says err "absent-folder"
expect 1 synth tiny-gpt-oss /dev/full
[ -z "$(find . -name 'out*' -o -name '*.tmp*')" ] || fail "a failed run left a file"
