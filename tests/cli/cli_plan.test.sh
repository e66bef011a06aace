#!/usr/bin/env bash
# spillway plan: the table of a header is that of the loaded model, its sum is the peak of a server, and placement options without
# effect are named, or refused with --strict.
. "$(dirname "$0")/lib.sh"
models=$SPILLWAY_SOURCE/models

for model in "$models"/*.gguf "$golden"/*.gguf; do
  expect 0 plan "$model" --ctx-size 256
  is_silent err
  says out "It fits."
  ! grep -q '.\{81\}' .out || fail "a line of more than 80 columns"
  for detail in classes layers experts; do
    expect 0 plan "$model" --ctx-size 256 --json --detail "$detail"
    is_silent err
    cp .out "$detail.json"
  done
  python3 -c '
import json
docs = [json.load(open(d + ".json")) for d in ("classes", "layers", "experts")]
for d in docs:
    assert d["fits"] and d["opens"] and d["placement"] == {"effect": "default"}, d
    assert d["kv"]["tokens"] == 256 and d["kv"]["sequences"] == 4
    assert d["kv"]["bytes_max"] >= d["kv"]["bytes_per_token"] * 4 * 256
    weights = sum(w["bytes"] for w in d["weights"])
    parts = d["process"]["bytes"] + weights + max(d["buffers"]["loading_bytes"], d["kv"]["bytes_max"] + d["buffers"]["bytes"])
    assert d["total"] == {"ram": parts, "vram": 0}, (d["total"], parts)
    assert all(w["requested"] == w["effective"] == "ram" for w in d["weights"])
by_class = [{}, {}, {}]
for d, sums in zip(docs, by_class):
    for w in d["weights"]:
        sums[w["class"]] = sums.get(w["class"], 0) + w["bytes"]
assert by_class[0] == by_class[1] == by_class[2], by_class
' || fail "the JSON of $model is not consistent"
done

expect 2 plan "$models/demo-gpt-oss.gguf" --detail rows
says err "--detail takes classes, layers or experts"
expect 2 plan "$models/demo-gpt-oss.gguf" -ngl many
says err "--n-gpu-layers takes a number of layers, all or auto, not 'many'"
expect 1 plan absent.gguf
expect 2 plan "$models/demo-gpt-oss.gguf" --ctx-size 9999
says err "trained for at most"

# ---- options without effect ----
for option in --cpu-moe "--n-cpu-moe 2" "-ngl all"; do
  case $option in "-ngl all") name=--n-gpu-layers ;; *) name=${option%% *} ;; esac
  # shellcheck disable=SC2086
  expect 0 plan "$models/demo-gpt-oss.gguf" $option --json
  says err "warning: $name"
  says out '"effect": "none"'
  # shellcheck disable=SC2086
  expect 0 run "$models/demo-gpt-oss.gguf" hi -n 1 --quiet $option
  says err "warning: $name"
  for command in "plan" "run -p hi" "serve --bind 127.0.0.1:0" "perf"; do
    # shellcheck disable=SC2086
    expect 2 $command "$models/demo-gpt-oss.gguf" $option --strict
    says err "$name"
    says err "has no effect: there is no accelerator"
  done
done
expect 0 plan "$models/demo-gpt-oss.gguf" --strict -ngl 0
is_silent err
expect 2 plan "$golden/qwen3-f32.gguf" --cpu-moe --strict
says err "--cpu-moe has no effect: this model has no experts"

# ---- the sum is the peak of a server; not with tools that take memory themselves ----
[ "$(head -c 4 "$SPILLWAY" | tail -c 3)" = ELF ] && ! LC_ALL=C grep -qaE '__(asan|tsan|gcov)_init' "$SPILLWAY" || exit 0
cat >peak.py <<'PYTHON'
import json, re, subprocess, sys, urllib.error, urllib.request
spillway, model = sys.argv[1:]
options = ["--parallel", "1", "--ctx-size", "2048", "--threads", "2"]
planned = json.loads(subprocess.run([spillway, "plan", model, "--json", *options], capture_output=True, text=True, check=True).stdout)

def ask(url, n_words, max_tokens):
    words = " ".join(str(7 * k % 97) for k in range(n_words))
    body = {"messages": [{"role": "user", "content": words}], "ignore_eos": True, "max_tokens": max_tokens, "temperature": 0.8}
    while True:
        try:
            request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
            return json.load(urllib.request.urlopen(request))["usage"]["total_tokens"]
        except urllib.error.HTTPError as error:
            assert error.code == 503, error.read()  # it is loading

with subprocess.Popen([spillway, "serve", model, "--model-dirs", "absent", "--bind", "127.0.0.1:0", *options],
                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
    try:
        url = server.stdout.readline().strip() + "/v1/chat/completions"
        ask(url, 150, 1)  # windowed layers keep what the next prompt has in common with this one
        assert ask(url, 400, 2048) >= 2048
        peak = 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", open(f"/proc/{server.pid}/status").read())[1])
    finally:
        server.terminate()
    printed = server.stderr.read()
error = planned["total"]["ram"] / peak - 1
print(f"planned {planned['total']['ram']}, peak {peak}: {100 * error:+.2f} %")
assert abs(error) < 0.03
for row in planned["weights"]:
    assert re.search(rf"RAM +{row['class']} +{row['bytes'] / 1e6:.2f} MB\n", printed), printed
PYTHON
for name in demo-gpt-oss demo-phimoe demo-deepseek; do
  python3 peak.py "$SPILLWAY" "$models/$name.gguf" >.out 2>.err || fail "the plan of $name is not the peak"
done
