#!/usr/bin/env bash
# Where llama.cpp and a model's original code differ, the server says at load whom its answers follow, and in what they
# differ; it is silent for a model where they do not.
. "$(dirname "$0")/lib.sh"

# notes MODEL OPTIONS...: what a server prints while it loads the model.
notes() {
  : >.err # of the server before
  "$SPILLWAY" serve "$@" --bind 127.0.0.1:0 --ctx-size 64 --parallel 1 >url 2>.err &
  local pid=$!
  for _ in $(seq 600); do
    ! grep -q "^loaded" .err || break
    sleep 0.1
  done
  sleep 0.2
  kill -TERM "$pid"
  wait "$pid" || true
  grep -c "llama.cpp and the model's original code differ" .err || true
}

phimoe=$SPILLWAY_SOURCE/models/demo-phimoe.gguf
[ "$(notes "$phimoe")" = 1 ] || fail "nothing says whom phimoe's answers follow"
says err "layer norms, the choice of experts"
says err "answers follow the original code (--compat llama.cpp: the other)"
[ "$(notes "$phimoe" --compat llama.cpp)" = 1 ] || fail "nothing says that phimoe's answers follow llama.cpp"
says err "answers follow llama.cpp (--compat original: the other)"
[ "$(notes "$golden/ds2-v2ish-groups-f32.gguf")" = 1 ] || fail "groups of experts"
says err "groups of experts"
[ "$(notes "$SPILLWAY_SOURCE/models/demo-deepseek.gguf")" = 0 ] || fail "deepseek does not differ"

# The header says it as data, to `inspect` and over HTTP.
expect 0 inspect "$phimoe" --json
says out '"compat_difference": "layer norms, the choice of experts and long contexts"'
expect 0 inspect "$SPILLWAY_SOURCE/models/demo-deepseek.gguf" --json
says out '"compat_difference": null'
python3 - "$SPILLWAY" "$SPILLWAY_SOURCE/models" <<'PYTHON' || fail "over HTTP"
import json, subprocess, sys, urllib.request
with subprocess.Popen([sys.argv[1], "serve", "--model-dirs", sys.argv[2], "--bind", "127.0.0.1:0"], stdout=subprocess.PIPE,
                      stderr=subprocess.DEVNULL, text=True) as server:
    url = server.stdout.readline().strip()
    models = json.load(urllib.request.urlopen(url + "/v1/models", timeout=60))["data"]
    server.terminate()
metas = {m["id"]: m["meta"] for m in models}
assert {name: meta["chat_format"] for name, meta in metas.items()} == {
    "demo-phimoe": "phi3", "demo-deepseek": "deepseek", "demo-gpt-oss": "harmony"}, metas
assert all("chat_note" not in meta for meta in metas.values()), metas
assert metas["demo-phimoe"]["compat_difference"] == "layer norms, the choice of experts and long contexts", metas
assert "compat_difference" not in metas["demo-deepseek"], metas
PYTHON
