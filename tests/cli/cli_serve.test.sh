#!/usr/bin/env bash
# spillway serve with a model that cannot be loaded, or is still loading: /health never says that it is ready, and the program ends
# with a message that names the file.
. "$(dirname "$0")/lib.sh"

cp "$golden/qwen3-f32.gguf" broken.gguf
python3 - <<'PYTHON'
data = bytearray(open("broken.gguf", "rb").read())
at = data.index(b"blk.1.attn_q.weight")
data[at:at + 5] = b"blk.7"  # found out when weights are planned, not when the header is read
open("broken.gguf", "wb").write(data)
PYTHON

# health FILE: starts a server and asks for its health until it answers 200 or ends; says which, and ends it.
cat >health.py <<'PYTHON'
import subprocess, sys, urllib.error, urllib.request
with subprocess.Popen([sys.argv[1], "serve", sys.argv[2], "--bind", "127.0.0.1:0"], stdout=subprocess.PIPE,
                      stderr=subprocess.PIPE, text=True) as server:
    url = server.stdout.readline().strip()
    ready, answers = False, 0
    while url and not ready:
        try:
            ready = urllib.request.urlopen(url + "/health", timeout=20).status == 200
        except urllib.error.HTTPError as error:
            assert error.code == 503, error.code
            answers += 1
        except OSError:
            break  # it has ended
    if ready:
        server.terminate()
    err = server.stderr.read()
    print("ready" if ready else "ended", server.wait(), answers)
    print(err, file=sys.stderr)
PYTHON
for i in 1 2 3 4 5 6 7 8; do
  python3 health.py "$SPILLWAY" broken.gguf >.out 2>.err || fail "start $i of a broken model"
  says out "ended 1"
  says err "broken.gguf"
done
python3 health.py "$SPILLWAY" "$golden/qwen3-f32.gguf" >.out 2>.err || fail "a model that is right"
says out "ready 0"

# ---- the name that clients see; it is checked before anything is loaded ----
cat >name.py <<'PYTHON'
import json, subprocess, sys, urllib.request
with subprocess.Popen([sys.argv[1], "serve", "--bind", "127.0.0.1:0", *sys.argv[2:]], stdout=subprocess.PIPE,
                      stderr=subprocess.DEVNULL, text=True) as server:
    url = server.stdout.readline().strip()
    try:
        print(*(m["id"] for m in json.load(urllib.request.urlopen(url + "/v1/models", timeout=20))["data"]))
    finally:
        server.terminate()
PYTHON
mkdir folder
cp "$golden/qwen3-f32.gguf" folder/small.gguf
[ "$(python3 name.py "$SPILLWAY" folder/small.gguf --model-dirs folder)" = small ] || fail "the name of a file"
for model in folder/small.gguf small; do
  [ "$(python3 name.py "$SPILLWAY" $model --model-dirs folder --alias mine --default-model mine)" = mine ] ||
    fail "--alias does not name $model"
done
expect 2 serve --alias mine
says err "no MODEL is given"
expect 2 serve stub: --alias ""
expect 2 serve stub: --alias "$(printf 'x%.0s' {1..201})"
says err "a name of 1 to 200 bytes"
cp folder/small.gguf folder/other.gguf
expect 2 serve folder/small.gguf --model-dirs folder --alias other
says err "cannot be used twice"

# ---- room for models ----
for size in 0 many -1 1P; do
  expect 2 serve stub: --ram "$size"
  says err "--ram takes a size such as 24G"
done
expect 2 serve stub: --max-loaded 65
says err "from 1 to 64"
expect 2 serve stub: --max-loaded 64 --ram 24GiB --alias "" # only the alias is wrong
says err "--alias"
expect 2 serve stub: --metrics-alias grafana
says err "--metrics-alias takes llamacpp or vllm"
expect 2 serve stub: --keep-alive soon
says err "--keep-alive takes a number"

# --quiet leaves only errors on standard error; the URL stays.
cat >quiet.py <<'PYTHON'
import subprocess, sys, urllib.request
with subprocess.Popen([sys.argv[1], "serve", *sys.argv[2:], "--quiet", "--bind", "127.0.0.1:0"], stdout=subprocess.PIPE,
                      stderr=subprocess.PIPE, text=True) as server:
    url = server.stdout.readline().strip()
    body = b'{"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}'
    try:
        urllib.request.urlopen(urllib.request.Request(url + "/v1/chat/completions", body), timeout=60)
    except OSError:
        pass  # a server that ends
    server.terminate()
    print(url)
    print(server.stderr.read(), end="", file=sys.stderr)
PYTHON
for model in stub: "$SPILLWAY_SOURCE/tests/data/field/gguf/template-granite.gguf"; do
  python3 quiet.py "$SPILLWAY" "$model" >.out 2>.err || fail "a quiet server with $model"
  says out "http://127.0.0.1:"
  is_silent err
done
python3 quiet.py "$SPILLWAY" --model-dirs nowhere >.out 2>.err || fail "a quiet server without models"
is_silent err
expect 1 serve broken.gguf --quiet --bind 127.0.0.1:0 # it ends by itself
says err "broken.gguf"
expect 2 serve stub: --quiet --verbose
says err "--quiet and --verbose"
