#!/usr/bin/env bash
# Where models are looked for if no folders are named, and what `spillway serve` says of these places.
. "$(dirname "$0")/lib.sh"

# put NAME: a model file at this path.
put() {
  mkdir -p "$(dirname "$1")"
  cp "$golden/qwen3-f32.gguf" "$1"
}
put models/here.gguf
put home/models/at-home.gguf
put home/.lmstudio/models/publisher/repo/studio.gguf
put home/.local/share/spillway/models/own.gguf
put home/.local/share/shimmy/models/theirs.gguf
put base/other.gguf
put base/base.gguf
put paths/one/first.gguf
put paths/two/second.gguf
hub=home/.cache/huggingface/hub/models--user--repo
put $hub/blobs/0123
mkdir -p $hub/snapshots/abcd
ln -s ../../blobs/0123 $hub/snapshots/abcd/hub.gguf
# store FOLDER NAME: a model of Ollama's.
store() {
  local digest
  digest=$(printf '%s' "$1$2" | sha256sum | cut -d ' ' -f 1)
  put "$1/blobs/sha256-$digest"
  mkdir -p "$1/manifests/registry.ollama.ai/library/$2"
  echo "{\"schemaVersion\":2,\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.model\",\"digest\":\"sha256:$digest\",\"size\":1}]}" \
    >"$1/manifests/registry.ollama.ai/library/$2/latest"
}
store home/.ollama/models llama
store elsewhere else
put home/.hidden/models/hidden.gguf
put home/documents/not-a-place.gguf
export HOME=$work/home

# list ARGUMENTS...: the names that a server lists, sorted; what it says is then in .err.
cat >list.py <<'PYTHON'
import json, subprocess, sys, urllib.request
with subprocess.Popen([sys.argv[1], "serve", "--bind", "127.0.0.1:0", *sys.argv[2:]], stdout=subprocess.PIPE,
                      text=True) as server:
    url = server.stdout.readline().strip()
    try:
        print(*sorted(m["id"] for m in json.load(urllib.request.urlopen(url + "/v1/models", timeout=20))["data"]))
    finally:
        server.terminate()
PYTHON
# lists EXPECTED ARGUMENTS...
lists() {
  local wanted=$1 found
  shift
  found=$(python3 list.py "$SPILLWAY" "$@" 2>.err)
  [ "$found" = "$wanted" ] || fail "serve $* lists '$found', not '$wanted'"
}

home="at-home here hub llama:latest own studio theirs"
lists "$home"
for place in ./models "$HOME/.cache/huggingface/hub" "$HOME/.lmstudio/models" "$HOME/models" "$HOME/.ollama/models" \
  "$HOME/.local/share/spillway/models" "$HOME/.local/share/shimmy/models"; do
  says err "models: $place: 1 found"
done
says err "7 models known"
OLLAMA_MODELS=elsewhere lists "at-home else:latest here hub own studio theirs"
SHIMMY_MODEL_PATHS='paths/one;paths/two' lists "at-home first here hub llama:latest own second studio theirs"
# A server of one file shows what was asked for, and nothing else of the user's.
lists "base here" base/base.gguf
SHIMMY_BASE_GGUF=base/base.gguf lists "base here other"
OLLAMA_MODELS=elsewhere SHIMMY_MODEL_PATHS=paths lists "base else:latest first here second" base/base.gguf
# Folders that are named are all that there are.
lists "at-home first" --model-dirs '~/models;paths/one;absent'
! grep -q absent .err || fail "a folder that is not there was scanned"

# Every command finds the same names.
for name in here hub studio llama llama:latest at-home; do
  expect 0 inspect $name
done
is_silent err
expect 1 inspect not-a-place
says err "the models in the model folders are"
OLLAMA_MODELS=elsewhere expect 0 inspect else:latest
expect 1 inspect absent/model
says err "cannot open absent/model"
rm -r models home
expect 1 inspect here
says err "there is no model in the model folders either"

# A manifest that is wrong is named, and nothing else suffers.
echo '{}' >elsewhere/manifests/registry.ollama.ai/library/else/broken
lists "else:latest" --model-dirs elsewhere
says err "elsewhere/manifests/registry.ollama.ai/library/else/broken: layers is required"
