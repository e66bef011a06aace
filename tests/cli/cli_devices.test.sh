#!/usr/bin/env bash
# --devices through the real commands, with the emulated GPU of builds with tests: what is planned, shown and allocated, and the same
# answers as without it, alone and side by side.
. "$(dirname "$0")/lib.sh"
model=$golden/qwen3moe-f32.gguf
small=(--ctx-size 128 --batch 32 --threads 1)
device=(--devices emu:64MiB)

# ---- plan ----
expect 0 plan "$model" "${small[@]}" "${device[@]}"
says out "MB of emu:64MiB (emulated)"
expect 0 plan "$model" "${small[@]}" "${device[@]}" --json
cp .out all.json
expect 0 plan "$model" "${small[@]}" "${device[@]}" --cpu-moe --json
cp .out moe.json
expect 0 plan "$model" "${small[@]}" --devices none --json
cp .out none.json
python3 - <<'PYTHON' || fail "the plans are not consistent"
import json
plans = {name: json.load(open(name + ".json")) for name in ("all", "moe", "none")}
for name in ("all", "moe"):
    p = plans[name]
    vram = sum(w["bytes"] for w in p["weights"] if w["effective"] == "vram")
    assert p["total"]["vram"] == vram + p["kv"]["tiers"]["vram"] + p["buffers"]["vram_bytes"], p
    assert p["compute"]["device"] == {"name": "emu:64MiB", "model": "emulated GPU", "emulated": True, "bytes": 64 << 20}, p
    assert p["compute"]["backend"] == "cpu+emu:64MiB", p
tiers = lambda name: {w["effective"] for w in plans[name]["weights"] if w["class"] == "experts"}
assert tiers("all") == {"vram"} and tiers("moe") == {"ram"}
assert plans["none"]["compute"]["backend"] == "cpu" and "device" not in plans["none"]["compute"]
assert plans["none"]["total"]["vram"] == plans["none"]["buffers"]["vram_bytes"] == 0
PYTHON
expect 1 plan "$model" --devices emu:2MiB -ngl all
says err "of VRAM with these options"
expect 2 plan "$model" --devices emu:much
says err "an emulated device is emu:SIZE"
expect 2 plan "$model" --devices fast
says err "a device is cuda:NUMBER"

# ---- a device that must compute rightly first ----
expect 0 logits "$model" "${small[@]}" "${device[@]}" --device-check on --out checked --tokens 1,5,9
expect 0 logits "$model" "${small[@]}" "${device[@]}" --device-check off --out unchecked --tokens 1,5,9
cmp checked unchecked || fail "the check of a device changes its answers"
expect 2 logits "$model" --device-check maybe --tokens 1
says err "--device-check"

# ---- one prompt ----
for where in none emu:64MiB; do
  for more in "" --cpu-moe "--cpu-moe --stream-tokens 4" "--n-cpu-moe 1" "--kv-type q8_0"; do
    # shellcheck disable=SC2086
    expect 0 logits "$model" "${small[@]}" --devices $where $more --out "$where.$more" --tokens 1,5,9,33,2,7
    [ "$more" != --kv-type\ q8_0 ] || continue
    cmp "none." "$where.$more" || fail "--devices $where $more: other logits"
  done
done
cmp "none.--kv-type q8_0" "emu:64MiB.--kv-type q8_0" || fail "other logits with q8_0"

expect 0 run "$model" "a b c" --raw --max-tokens 6 --temp 0 "${small[@]}" --devices none
cp .out run.none
for more in "" --cpu-moe; do
  # shellcheck disable=SC2086
  expect 0 run "$model" "a b c" --raw --max-tokens 6 --temp 0 "${small[@]}" "${device[@]}" $more
  cmp .out run.none || fail "run $more: another answer"
done

# ---- measuring: the limits of this machine say nothing of a GPU ----
for where in none emu:64MiB; do
  expect 0 perf "$model" "${small[@]}" -p 4 -n 2 -r 1 -q --devices $where --json
  cp .out perf.$where
done
python3 - <<'PYTHON' || fail "perf with a device"
import json
none, emu = (json.load(open("perf." + where)) for where in ("none", "emu:64MiB"))
assert none["device"] is None and none["backend"] == "cpu" and all(r["share"] for r in none["rows"])
assert emu["device"]["emulated"] and emu["device"]["weight_bytes"] > 0 and emu["backend"] == "cpu+emu:64MiB", emu["device"]
assert all(r["share"] is None and r["tokens_per_s"]["median"] > 0 for r in emu["rows"]), emu["rows"]
PYTHON
for format in table csv; do
  expect 0 perf "$model" "${small[@]}" -p 4 -n 2 -r 1 -q "${device[@]}" -o $format
  says out "emu"
  [ $format = csv ] || says out "say nothing of speed"
done
[ "$(echo '' | "$SPILLWAY" perf "$model" "${small[@]}" -p 4 -n 2 -q "${device[@]}" --on-demand |
  python3 -c 'import json; print(json.loads(input())["multiply_adds_per_s"])')" = None ] || fail "perf --on-demand with a device"

# ---- a server ----
cat >serve.py <<'PYTHON'
import concurrent.futures, json, subprocess, sys, urllib.request
spillway, model, device, *more = sys.argv[1:]
args = [spillway, "serve", model, "--bind", "127.0.0.1:0", "--ctx-size", "128", "--batch", "32", "--devices", device, *more]
with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
    url = server.stdout.readline().strip()
    def post(path, body):
        request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=120))
    def complete(i):
        answer = post("/v1/completions", {"prompt": "a b c d"[:1 + i], "max_tokens": 6, "temperature": 0, "logprobs": 3})
        return [answer["choices"][0]["text"], answer["choices"][0]["logprobs"]]
    try:
        while True:
            try:
                urllib.request.urlopen(url + "/health", timeout=20)
                break
            except urllib.error.HTTPError:
                pass
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(complete, [0, 2, 4, 6, 6, 6, 1]))
        answers.append(post("/v1/completions", {"prompt": "a b c d e", "max_tokens": 2, "temperature": 0, "logprobs": 2, "echo": True})["choices"])
        answers.append(post("/v1/embeddings", {"input": ["a b c", "d"]})["data"])
        placement = json.load(urllib.request.urlopen(url + "/v1/placement", timeout=20))["data"][0]
        metrics = urllib.request.urlopen(url + "/metrics", timeout=20).read().decode()
        monitor = [spillway, "monitor", "--url", url, "--once"]
        seen = json.loads(subprocess.run([*monitor, "--json"], stdout=subprocess.PIPE, check=True).stdout)
        assert seen["vram_allocated_bytes"] == placement["total"]["vram"], (seen, placement["total"])
        assert "vram_allocated_bytes" in subprocess.run(monitor, stdout=subprocess.PIPE, check=True, text=True).stdout
        stream = placement["compute"].get("stream")
        names = ("spillway_experts_streamed_total", "spillway_experts_streamed_bytes_total", "spillway_experts_streamed_steps_total")
        counted = [int(float(line.split()[-1])) for name in names for line in metrics.splitlines() if line.startswith(name + "{")]
        if "--stream-tokens" in more:
            assert stream["tokens"] == 4 and stream["pinned"] and stream["vram_bytes"] > 0, stream
            assert [stream["experts"], stream["bytes"], stream["steps"]] == counted and min(counted) > 0, (stream, counted)
        else:
            assert stream is None and counted == [], (stream, counted)
        graphs = placement["compute"].get("graphs", {})
        counted = [line for line in metrics.splitlines() if line.startswith("spillway_gpu_segments_total{")]
        assert len(counted) == len(graphs), (graphs, counted)
        for how, n in graphs.items():
            assert n > 0 and any(f'how="{how}"' in line and int(float(line.split()[-1])) == n for line in counted), (graphs, counted)
    finally:
        server.terminate()
    with open("cache.json", "w") as out:
        lines = [line.split() for line in metrics.splitlines() if line.startswith("spillway_expert_cache_")]
        json.dump([placement.get("expert_cache"), {line[0].split("{")[0]: float(line[1]) for line in lines}], out)
    compute = placement["compute"]
    assert ("graphs" in compute) == ("device" in compute), compute
    for d in compute.get("devices", []):
        for kind, bytes in (("budget", d["bytes"]), ("kv", d["kv_bytes"]), ("compute", d["buffer_bytes"])):
            sample = f'spillway_device_memory_bytes{{model="{placement["model"]}",device="{d["name"]}",kind="{kind}"}} {bytes}\n'
            assert bytes > 0 and sample in metrics, (sample, metrics)
    print(json.dumps([answers, compute.get("device"), placement["total"]["vram"]]))
    print(server.stderr.read(), file=sys.stderr)
PYTHON
python3 serve.py "$SPILLWAY" "$model" none >none.answers 2>.err || fail "a server without a device"
for more in "emu:64MiB --strict" "emu:64MiB,emu:32MiB --cpu-moe --stream-tokens 4"; do
  # shellcheck disable=SC2086
  python3 serve.py "$SPILLWAY" "$model" $more >emu.answers 2>.err || fail "a server with a device, $more"
  says err "cpu+emu:64MiB"
  says err "(emulated)"
  python3 - <<'PYTHON' || fail "$more: other answers"
import json
none, emu = (json.load(open(name + ".answers")) for name in ("none", "emu"))
assert none[0] == emu[0], (none[0], emu[0])
assert none[1:] == [None, 0] and emu[1]["emulated"] and emu[2] > 0, (none[1:], emu[1:])
PYTHON
done

# ---- a cache of experts ----
expect 0 plan "$model" "${small[@]}" "${device[@]}" --cpu-moe --expert-cache 300K
says out "cache of experts"
expect 0 plan "$model" "${small[@]}" "${device[@]}" --cpu-moe --expert-cache 300K --json
cp .out cache.plan
expect 2 plan "$model" "${small[@]}" "${device[@]}" --cpu-moe --expert-cache much
says err "--expert-cache takes a size, such as 2G, auto, all or off, not 'much'"
expect 2 plan "$model" "${small[@]}" "${device[@]}" --cpu-moe --expert-cache 1K --strict
says err "one expert of each layer takes 147 kB"
expect 2 plan "$model" "${small[@]}" "${device[@]}" --expert-cache all --strict
says err "--expert-cache has no effect: no layer that computes on emu:64MiB has experts in RAM"
expect 1 plan "$model" "${small[@]}" "${device[@]}" --cpu-moe --expert-cache 1G
says err "--expert-cache asks for 1.07 GB, but of 67.1 MB of VRAM only"
expect 0 plan "$model" "${small[@]}" --devices none --expert-cache 1G
says err "warning: --expert-cache has no effect: there is no accelerator"
grep -q '^\[null, {}\]$' cache.json || fail "a server with --cpu-moe has a cache by default: $(cat cache.json)"
python3 serve.py "$SPILLWAY" "$model" emu:64MiB --cpu-moe --expert-cache 300K >emu.answers 2>.err || fail "a server with a cache"
says err "cache of experts"
python3 - <<'PYTHON' || fail "the cache of experts"
import json
none, emu = (json.load(open(name + ".answers")) for name in ("none", "emu"))
assert none[0] == emu[0], (none[0], emu[0])
plan = json.load(open("cache.plan"))
cache, metrics = json.load(open("cache.json"))
assert {name: cache[name] for name in ("bytes", "slots")} == plan["expert_cache"] and 0 < cache["bytes"] <= 300 << 10, (cache, plan)
vram = sum(w["bytes"] for w in plan["weights"] if w["effective"] == "vram")
assert plan["total"]["vram"] == vram + plan["kv"]["tiers"]["vram"] + plan["buffers"]["vram_bytes"] + cache["bytes"], plan
assert cache["state"] == "active" and "reason" not in cache and cache["watched"] is False and cache["trials"] == 0, cache
assert cache["step_ms_with"] is None and cache["step_ms_without"] is None and cache["stops"] == 0, cache
assert 0 < sum(len(layer["experts"]) for layer in cache["experts"]) == cache["held"] <= cache["slots"] and cache["hits"] > 0, cache
assert abs(cache["marginal_hit_rate"] - cache["hits"] / (cache["hits"] + cache["misses"])) < 1e-9, cache
for name, member in (("slots", "slots"), ("held", "held"), ("hits_total", "hits"), ("misses_total", "misses"), ("hit_ratio", "marginal_hit_rate"),
                     ("uploads_total", "uploads"), ("upload_bytes_total", "upload_bytes"), ("stops_total", "stops")):
    assert abs(metrics["spillway_expert_cache_" + name] - cache[member]) < 1e-6, (name, metrics, cache)
assert metrics["spillway_expert_cache_active"] == 1
PYTHON

# ---- several devices ----
two=(--devices emu:8MiB,emu:8MiB --batch 16)
expect 0 plan "$model" "${small[@]}" "${two[@]}" --detail layers
says out "of 8.39 MB of emu:8MiB (emulated)"
says out "of 8.39 MB of emu:8MiB#2 (emulated)"
says out "VRAM0 attention, layer 0"
says out "VRAM1 output"
expect 0 plan "$model" "${small[@]}" --devices emu:8MiB,emu:8MiB#b,emu:16MiB --vram auto,6M,7M -ot 'blk\.2\.expert\.1$=emu:8MiB#b,token_embd=GPU0' --detail experts --json
python3 - .out <<'PYTHON' || fail "the plan of three devices is not consistent"
import json, sys
p = json.load(open(sys.argv[1]))
devices, device = p["compute"]["devices"], p["compute"]["device"]
assert [d["name"] for d in devices] == ["emu:8MiB", "emu:8MiB#b", "emu:16MiB"] and device["name"] == "emu:8MiB,emu:8MiB#b,emu:16MiB", p
assert [d["bytes"] for d in devices] == [8 << 20, 6 << 20, 7 << 20], devices
assert device["bytes"] == sum(d["bytes"] for d in devices) and device["emulated"] and all(d["emulated"] for d in devices)
for d in devices:
    rows = [w for w in p["weights"] if w.get("device") == d["name"]]
    assert rows and all(w["effective"] == "vram" for w in rows), (d, rows)
    assert d["weight_bytes"] == sum(w["bytes"] for w in rows), (d, rows)
    assert d["expert_bytes"] == sum(w["bytes"] for w in rows if w["class"] == "experts"), (d, rows)
    assert d["weight_bytes"] + d["kv_bytes"] + d["buffer_bytes"] <= d["bytes"]
assert p["kv"]["tiers"]["vram"] == sum(d["kv_bytes"] for d in devices) and p["buffers"]["vram_bytes"] == sum(d["buffer_bytes"] for d in devices)
assert p["total"]["vram"] == sum(d["weight_bytes"] + d["kv_bytes"] + d["buffer_bytes"] for d in devices)
at = {w["class"]: w.get("device") for w in p["weights"] if "layer" not in w}
assert at["output"] == "emu:16MiB" and at["embedding"] == "emu:8MiB", at
apart = [w for w in p["weights"] if w.get("layer") == 2 and w.get("expert") == 1]
assert [w["device"] for w in apart] == ["emu:8MiB#b"] and apart[0]["n_experts"] == 1, apart
PYTHON
for more in "" --cpu-moe "-ot expert\.[02]$=GPU0,expert\.1$=CPU"; do
  # shellcheck disable=SC2086
  expect 0 logits "$model" "${small[@]}" "${two[@]}" $more --out "two.$more" --tokens 1,5,9,33,2,7
  cmp "none." "two.$more" || fail "two devices $more: other logits"
done
expect 1 plan "$model" "${small[@]}" --devices emu:64MiB,emu:1MiB -ot 'blk\.0\.attn=GPU1'
says err "of VRAM with these options on emu:1MiB"
expect 2 plan "$model" "${two[@]}" -ot 'blk\.0\.attn=GPU2'
says err "a device is CPU or GPU, GPU0 (emu:8MiB), GPU1 (emu:8MiB#2), not 'GPU2'"
expect 2 plan "$model" "${two[@]}" --vram 4M,4M,4M
says err "--vram has 3 sizes, but there are 2 devices"
expect 2 plan "$model" "${two[@]}" --vram 4M,
says err "--vram takes a size"
expect 2 plan "$model" --vram 1G,1G,1G,1G,1G,1G,1G,1G,1G
says err "--vram: an engine has at most 8 devices"
expect 0 plan "$model" --devices none --vram 1G,1G
says err "--vram has no effect"

for where in "--devices none" "${two[*]}"; do
  # shellcheck disable=SC2086
  expect 0 run "$model" hi -n 4 --temp 0 "${small[@]}" $where
  cp .out "run.${where##* }"
done
cmp run.none run.16 || fail "two devices: another answer"

# ---- placements side by side ----
# The tokens of a prompt in batches of several sizes.
for batch in 3 32; do
  expect 0 parity "$model" --tokens 12 --a "--devices none ${small[*]}" --b "${device[*]} --ctx-size 128 --threads 1 --batch $batch --cpu-moe"
  says out "equal, "
done
expect 0 parity "$model" --tokens 12 --a "${two[*]} ${small[*]}" --b "${device[*]} ${small[*]} --n-cpu-moe 1"
says out "cpu+emu:8MiB+emu:8MiB#2"
says out "cpu+emu:64MiB"
says out "equal, "
