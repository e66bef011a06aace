#!/usr/bin/env bash
# A GPU that is lost under a server: the requests of its model end with a clear error in every API, other models and the process go
# on, the server says what happened wherever it is asked, and the model comes back without the GPU, with the same answers.
. "$(dirname "$0")/lib.sh"
mkdir models
cp "$golden/qwen3moe-f32.gguf" models/lost.gguf
cp "$golden/qwen2moe-f32.gguf" models/other.gguf

cat >lost.py <<'PYTHON'
import concurrent.futures, json, subprocess, sys, urllib.error, urllib.request
spillway, device, *more = sys.argv[1:]
args = [spillway, "serve", "--model-dirs", "models", "--bind", "127.0.0.1:0", "--ctx-size", "128", "--batch", "32", "--devices", device, *more]


class Server:
    def __enter__(self):
        self.process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=open(".err", "w"), text=True)
        self.url = self.process.stdout.readline().strip()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def send(self, path, body=None, headers={}):
        """The status, headers and text of an answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json", **headers})
        try:
            answer = urllib.request.urlopen(request, timeout=120)
            return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def get(self, path):
        return json.loads(self.send(path)[2])

    def complete(self, model, n=6):
        status, headers, text = self.send("/v1/completions", {"model": model, "prompt": "a b", "max_tokens": n, "temperature": 0, "logprobs": 2})
        choice = json.loads(text).get("choices", [{}])[0]
        return status, choice.get("text"), choice.get("logprobs"), text

    def metric(self, name):
        return next(float(l.split()[-1]) for l in self.send("/metrics")[2].splitlines() if l.startswith(name + " "))

    def status(self, model):
        return self.get("/v1/models/" + model)["status"]
PYTHON

# ---- the model comes back without it ----
cat >back.py <<'PYTHON'
exec(open("lost.py").read())
with Server() as s:
    assert s.complete("other", 1)[0] == 200 and s.metric("spillway_device_losses_total") == 0
    while s.send("/health/ready")[0] != 200:
        pass
    status, headers, text = s.send("/v1/completions", {"model": "lost", "prompt": "a", "max_tokens": 100, "temperature": 0})
    error = json.loads(text)["error"]
    assert status == 503 and error["code"] == "device_lost" and "it was lost at launch 120" in error["message"], text
    assert headers["Retry-After"] == "5"
    assert s.send("/health/ready")[0] == 200 and s.get("/health")["models"]["device_lost"] == 1
    assert "launch 120" in s.status("lost")["device_lost"], s.status("lost")
    assert "device_lost" not in s.status("other")
    assert s.metric("spillway_device_losses_total") == 1 and s.metric("spillway_models_without_device") == 1
    assert s.complete("other", 1)[0] == 200
    back = s.complete("lost")
    assert back[0] == 200, back
    placed = {p["model"]: p for p in s.get("/v1/placement")["data"]}
    assert "launch 120" in placed["lost"]["device_lost"] and placed["lost"]["compute"]["backend"] == "cpu", placed["lost"]
    assert "device" not in placed["lost"]["compute"] and "device_lost" not in placed["other"]
    print(json.dumps(back[:3]))
    # By name it gets its device back, which is lost once more.
    assert s.send("/api/models/lost/unload", {})[0] == 200 and "device_lost" not in s.status("lost")
    again = json.loads(s.send("/v1/completions", {"model": "lost", "prompt": "a", "max_tokens": 100})[2])
    assert again["error"]["code"] == "device_lost", again
    assert s.metric("spillway_device_losses_total") == 2
PYTHON
python3 back.py "$SPILLWAY" 'emu:64MiB!lost=120' --cpu-moe >lost.answer || fail "a server whose device is lost"
says err "error: lost: emu:64MiB!lost=120: it was lost at launch 120, as its name asks for; it is unloaded"

cat >whole.py <<'PYTHON'
exec(open("lost.py").read())
with Server() as s:
    print(json.dumps(s.complete("lost")[:3]))
PYTHON
python3 whole.py "$SPILLWAY" none >whole.answer || fail "a server without a device"
cmp lost.answer whole.answer || fail "the model that came back answers something else"

# ---- every API ends its answer with the error ----
cat >dialects.py <<'PYTHON'
exec(open("lost.py").read())
chat = [{"role": "user", "content": "a"}]
ROWS = [
    ("/v1/chat/completions", {"messages": chat, "max_tokens": 90}),
    ("/v1/responses", {"input": "a", "max_output_tokens": 90}),
    ("/v1/messages", {"messages": chat, "max_tokens": 90}),
    ("/v1/embeddings", {"input": "a " * 40}),
    ("/api/chat", {"messages": chat, "options": {"num_predict": 90}}),
    ("/api/generate", {"prompt": "a", "options": {"num_predict": 90}}),
    ("/completion", {"prompt": "a", "n_predict": 90}),
]
with Server() as s:
    def check(path, body, is_stream):
        status, headers, text = s.send(path, {"model": "lost", "temperature": 0, "stream": is_stream, **body})
        assert "is lost: emu:" in text and status == (200 if is_stream else 503), (path, status, text)
        assert s.send("/api/models/lost/load", {})[0] == 202
    for path, body in ROWS:
        check(path, body, False)
    for path, body in ROWS:
        if path != "/v1/embeddings":
            check(path, body, True)
    # Several at once: each ends, and so does the model.
    def chat_once(_):
        return s.send("/v1/completions", {"model": "lost", "prompt": "a", "max_tokens": 90})[2]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        codes = [json.loads(text)["error"]["code"] for text in pool.map(chat_once, range(4))]
    assert "device_lost" in codes and set(codes) <= {"device_lost", "model_loading"}, codes
PYTHON
python3 dialects.py "$SPILLWAY" 'emu:64MiB!lost=30' --cpu-moe || fail "an API does not tell that the device is lost"

# ---- with --strict it does not come back ----
cat >strict.py <<'PYTHON'
exec(open("lost.py").read())
with Server() as s:
    assert json.loads(s.complete("lost")[3])["error"]["code"] == "device_lost"
    status, _, _, text = s.complete("lost")
    assert status == 503 and "with --strict" in text and s.status("lost")["value"] == "failed", text
PYTHON
python3 strict.py "$SPILLWAY" 'emu:64MiB!lost=30' --strict || fail "--strict"

# ---- memory that runs out in the middle ends one answer ----
cat >memory.py <<'PYTHON'
exec(open("lost.py").read())
with Server() as s:
    status, _, _, text = s.complete("lost")
    assert status == 500 and json.loads(text)["error"]["code"] == "out_of_memory" and "as its name asks for" in text, text
    again = s.complete("lost")
    assert again[0] == 200 and s.get("/v1/placement")["data"][0]["compute"]["device"]["emulated"]
    print(json.dumps(again[:3]))
PYTHON
python3 memory.py "$SPILLWAY" 'emu:64MiB!launch=80' --cpu-moe >memory.answer || fail "memory that runs out"
cmp memory.answer whole.answer || fail "after memory ran out, other answers"
