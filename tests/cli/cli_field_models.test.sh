#!/usr/bin/env bash
# Model files as the field has them: incomplete ones, older layouts, unknown chat templates; and a scripted model's answers.
. "$(dirname "$0")/lib.sh"
field=$SPILLWAY_SOURCE/tests/data/field/gguf

for name in gpt-oss-complete qwen3moe-complete mixtral-complete; do
  expect 0 logits "$field/$name.gguf" --tokens 1,2,3,4,5,6,7,8 --out "$name.bin"
done

# Without a tensor that its family always has, a model would answer wrongly.
while read -r name tensor; do
  for command in "run $field/$name.gguf Hi" "logits $field/$name.gguf --tokens 1 --out no.bin"; do
    # shellcheck disable=SC2086
    expect 1 $command
    says err "$tensor"
    is_silent out
  done
done <<'LIST'
gpt-oss-no-sinks blk.0.attn_sinks.weight
gpt-oss-sinks-misnamed blk.0.attn_sinks.weight
gpt-oss-no-q-bias blk.1.attn_q.bias
gpt-oss-no-expert-bias blk.0.ffn_down_exps.bias
qwen3moe-no-q-norm blk.0.attn_q_norm.weight
LIST

# The same weights written in other ways give the same bits.
for name in mixtral-one-tensor-per-expert mixtral-width-as-array; do
  expect 0 logits "$field/$name.gguf" --tokens 1,2,3,4,5,6,7,8 --out "$name.bin"
  cmp "$name.bin" mixtral-complete.bin || fail "$name gives other logits"
done
expect 0 inspect "$field/mixtral-one-tensor-per-expert.gguf" --json
mv .out one.json
expect 0 inspect "$field/mixtral-complete.gguf" --json
python3 - one.json .out <<'PYTHON' || fail "experts are counted by their tensors' names"
import json, sys
a, b = (json.load(open(p)) for p in sys.argv[1:])
for key in ("bytes_by_class", "n_params", "n_params_active", "cpu_moe_share"):
    assert a[key] == b[key], key
PYTHON

# Chat templates that are not known are never passed over in silence.
for name in template-granite template-olmoe; do
  expect 0 run "$field/$name.gguf" Hi --max-tokens 1
  says err "chat template"
  expect 0 run "$field/$name.gguf" Hi --max-tokens 1 --raw
  ! grep -q "chat template" .err || fail "a raw prompt needs no template"
  expect 0 inspect "$field/$name.gguf"
  says out "chat template"
done
expect 0 run "$field/mixtral-complete.gguf" Hi --max-tokens 1
says err "no chat template"
expect 0 inspect "$field/gpt-oss-no-template.gguf" --json
says out '"chat_format": "harmony"'
says out '"chat_note": null'
expect 0 run "$field/gpt-oss-no-template.gguf" Hi --max-tokens 1
! grep -q "chat template" .err || fail "Harmony needs no template"

# serve warns when it loads the model, and says the same of the model over HTTP.
python3 - "$SPILLWAY" "$field/template-granite.gguf" <<'PYTHON' || fail "serve says nothing of the template"
import json, subprocess, sys, urllib.request
with subprocess.Popen([sys.argv[1], "serve", sys.argv[2], "--bind", "127.0.0.1:0"], stdout=subprocess.PIPE,
                      stderr=subprocess.PIPE, text=True) as server:
    url = server.stdout.readline().strip()
    body = b'{"model": "template-granite", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}'
    request = urllib.request.Request(url + "/v1/chat/completions", body, {"Content-Type": "application/json"})
    assert urllib.request.urlopen(request, timeout=60).status == 200
    meta = json.load(urllib.request.urlopen(url + "/v1/models/template-granite", timeout=60))["meta"]
    assert meta["chat_format"] == "plain" and "chat template" in meta["chat_note"], meta
    server.terminate()
    err = server.stderr.read()
    assert "warning" in err and "chat template" in err, err
PYTHON

expect 0 tokenize "$field/o200k-long-s.gguf" <<<"D'ſ"
[ "$(cut -d' ' -f1 .out | head -n 1)" = 256 ] || fail "the long s is no part of the word: $(cat .out)"

# A scripted model: through the real engine, the answer is what the parser makes of the script.
answer() { # SCRIPT EXPECTED
  python3 "$SPILLWAY_SOURCE/tests/support/scripted_model.py" scripted.gguf "$1"
  expect 0 run scripted.gguf 'Hello?' --temp 0
  [ "$(cat .out)" = "$2" ] || fail "of the script $1"
}
answer '<|channel|>final<|message|>Hi<|return|>' 'Hi'
answer '<|channel|>analysis<|message|>T<|end|>assistant<|channel|>final<|message|>Hi<|return|>' 'Hi'
answer '<|channel|>analysis<|message|>T<|end|><|start|>assistant<|channel|>final{"a": 1}<|return|>' '{"a": 1}'
answer '<|channel|>commentary 2?<|message|>Hé<|return|>' 'Hé'

# With a stop string the server lists the tokens of the content, whole and streamed, and not those of the string.
python3 "$SPILLWAY_SOURCE/tests/support/scripted_model.py" scripted.gguf '<|channel|>final<|message|>x STOP y<|return|>'
python3 - "$SPILLWAY" <<'PYTHON' || fail "log-probabilities beside a stop string"
import json, subprocess, sys, urllib.request
def ask(url, **more):
    body = {"messages": [{"role": "user", "content": "Hello?"}], "model": "scripted", "temperature": 0, "stop": ["STOP"],
            "logprobs": True, "top_logprobs": 2, **more}
    request = urllib.request.Request(url + "/v1/chat/completions", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=60).read().decode()
with subprocess.Popen([sys.argv[1], "serve", "scripted.gguf", "--bind", "127.0.0.1:0"], stdout=subprocess.PIPE,
                      stderr=subprocess.DEVNULL, text=True) as server:
    url = server.stdout.readline().strip()
    choice = json.loads(ask(url))["choices"][0]
    chunks = [json.loads(x[6:])["choices"] for x in ask(url, stream=True).split("\n") if x.startswith("data: {")]
    server.terminate()
assert choice["message"]["content"] == "x " and choice["finish_reason"] == "stop", choice
assert [t["token"] for t in choice["logprobs"]["content"]] == ["x", " "], choice
deltas = [c[0] for c in chunks if c and c[0]["delta"].get("content") is not None and c[0]["logprobs"]]
assert [(d["delta"]["content"], [t["token"] for t in d["logprobs"]["content"]]) for d in deltas] == [
    ("x", ["x"]), (" ", [" "])], deltas
PYTHON
