#!/usr/bin/env bash
# Every command takes the names that `spillway serve` lists; a name that there is not is an error with those that there are.
. "$(dirname "$0")/lib.sh"
mkdir -p models/deep elsewhere
cp "$golden/qwen3-f32.gguf" models/deep/small.gguf
cp "$golden/qwen3moe-f32.gguf" elsewhere/other.gguf

for command in "run NAME hello -n 2 --raw --quiet" "inspect NAME" "logits NAME --tokens 1 --out logits.f32" \
  "quantize NAME out.gguf F16 --force --quiet" "tokenize NAME"; do
  for name in small small.gguf models/deep/small.gguf; do
    # shellcheck disable=SC2086
    echo hello | expect 0 ${command/NAME/$name}
  done
  # shellcheck disable=SC2086
  echo hello | expect 0 ${command/NAME/-m small}
  # shellcheck disable=SC2086
  echo hello | expect 0 ${command/NAME/other} --model-dirs 'absent;elsewhere'
  # shellcheck disable=SC2086
  echo hello | SPILLWAY_ARG_MODEL_DIRS=elsewhere expect 0 ${command/NAME/other}
  # shellcheck disable=SC2086
  echo hello | expect 1 ${command/NAME/smal}
  says err "cannot open smal: No such file or directory; did you mean 'small'? the models in the model folders are small"
  # shellcheck disable=SC2086
  echo hello | expect 1 ${command/NAME/other} --model-dirs absent
  says err "there is no model in absent either"
done

# A file of the name is nearer than a model of the name, and the source of a conversion is known by its name too.
cp elsewhere/other.gguf small
expect 0 inspect small --json
says out '"path": "small"'
rm small
expect 2 quantize small models/deep/small.gguf F16 --force
says err "same file"

# Measuring takes a while: one way is enough, the rule is the same for all commands.
expect 0 perf small -p 4 -n 2 -r 1 --quiet
expect 1 perf smal
says err "did you mean 'small'"
