#!/usr/bin/env bash
# Lines as the documentation of llama-server, Ollama and shimmy has them, with what must come back.  One server, one
# model; each answer is checked by its status, its type and a pattern.
. "$(dirname "$0")/../cli/lib.sh"

"$SPILLWAY" serve "$SPILLWAY_SOURCE/models/demo-gpt-oss.gguf" --bind 127.0.0.1:0 >url 2>log &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 300); do
  [ ! -s url ] || ! curl -sf "$(cat url)/health" >/dev/null || break
  sleep 0.1
done
H=$(cat url)
JSON='application/json; charset=utf-8' SSE='text/event-stream; charset=utf-8' LINES_OF_JSON=application/x-ndjson

# gives STATUS TYPE PATTERN CURL-ARGUMENTS...: the answer has this status and content type, and one of its lines matches.
n=0
gives() {
  local wanted="$1 $2" pattern=$3 got
  shift 3
  got=$(curl -s --max-time 60 -o .out -w '%{http_code} %{content_type}' "$@" 2>.err) || fail "curl $*: exit code $?"
  [ "$got" = "$wanted" ] || fail "curl $*: $got, expected $wanted"
  grep -qE -- "$pattern" .out || fail "curl $*: no line matches $pattern"
  n=$((n + 1))
}

# ---- llama-server ----
gives 200 "$JSON" '"status":"ok"' "$H/health"
gives 200 "$JSON" '"object":"list".*"n_ctx_train":' "$H/v1/models"
gives 200 "$JSON" '"object":"chat.completion".*"finish_reason":"(length|stop)".*"predicted_per_second":' \
  "$H/v1/chat/completions" -H 'Content-Type: application/json' -H 'Authorization: Bearer no-key' -d '{
    "model": "gpt-3.5-turbo",
    "messages": [{"role": "system", "content": "You are a calculator."}, {"role": "user", "content": "What is 12 + 30?"}]}'
gives 200 "$SSE" '^data: \[DONE\]$' "$H/chat/completions" \
  -d '{"messages":[{"role":"user","content":"What is 12 + 30?"}],"stream":true,"timings_per_token":false,"cache_prompt":true}'
gives 200 "$JSON" '"object":"text_completion".*"finish_reason":"(length|stop)"' \
  "$H/v1/completions" -H 'Content-Type: application/json' -d '{"prompt":"Building a website can be done in","n_predict":8}'
gives 200 "$JSON" '"object":"embedding"' "$H/v1/embeddings" -H 'Content-Type: application/json' \
  -d '{"input":"hello","model":"GPT-4","encoding_format":"float"}'
gives 200 "$JSON" '"embedding":"[A-Za-z0-9+/]+=*"' "$H/v1/embeddings" -d '{"input":["hello","world"],"encoding_format":"base64"}'
gives 200 "$JSON" '^\{"prompt":".*Hello' "$H/apply-template" -d '{"messages":[{"role":"user","content":"Hello"}]}'
gives 200 "$JSON" '"type":"message".*"stop_reason":"(end_turn|max_tokens)"' "$H/v1/messages" \
  -H 'Content-Type: application/json' -H 'x-api-key: any' \
  -d '{"model":"gpt-4","max_tokens":1024,"system":"Be brief.","messages":[{"role":"user","content":"What is 12 + 30?"}]}'
gives 200 "$JSON" '^\{"input_tokens":[1-9][0-9]*\}$' "$H/v1/messages/count_tokens" \
  -d '{"model":"gpt-4","messages":[{"role":"user","content":"Hello!"}]}'
gives 200 'text/plain; version=0.0.4; charset=utf-8' '^spillway_requests_total\{' "$H/metrics"
printf '{"prompt":"%s"}' "$(head -c 1500000 /dev/zero | tr '\0' x)" >big.json # curl sends "Expect: 100-continue" before it
gives 400 "$JSON" '"code":"context_length_exceeded"' "$H/v1/completions" -d @big.json
gives 400 "$JSON" '"param":"response_format","code":"unsupported_value"' "$H/v1/chat/completions" \
  -d '{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}'
gives 400 "$JSON" '"param":"grammar","code":"unsupported_parameter"' "$H/v1/chat/completions" \
  -d '{"messages":[{"role":"user","content":"x"}],"grammar":"root ::= [0-9]+"}'
gives 200 "$JSON" '"stop":true.*"stop_type":"(eos|limit)".*"tokens_evaluated":[1-9].*"predicted_per_second":' --request POST \
  --url "$H/completion" --header 'Content-Type: application/json' \
  --data '{"prompt": "Building a website can be done in 10 simple steps:","n_predict": 128}'
gives 200 "$SSE" '^data: \{"index":0,"content":"",.*"stop":true,' "$H/completion" -d '{"prompt":"A river","n_predict":4,"stream":true}'
gives 200 "$JSON" '^\{"tokens":\[\{"id":[0-9]+,"piece":"Hello"\}' "$H/tokenize" -d '{"content":"Hello","with_pieces":true}'
gives 200 "$JSON" '^\{"content":"."\}$' "$H/detokenize" -d '{"tokens":[72]}'
gives 200 "$JSON" '"total_slots":4,.*"model_path":"demo-gpt-oss.gguf",.*"build_info":"spillway ' "$H/props"
gives 200 "$JSON" '^\[\{"id":0,.*"is_processing":' "$H/slots"
gives 501 "$JSON" '"/infill is not supported: .*"code":"not_supported"' "$H/infill" -d '{"input_prefix":"a","input_suffix":"b"}'
gives 501 "$JSON" '"code":"not_supported"' -X POST "$H/slots/0?action=erase"
gives 501 "$JSON" '"code":"not_supported"' "$H/lora-adapters"
gives 501 "$JSON" '"code":"not_supported"' "$H/v1/rerank" -d '{"query":"x","documents":["y"]}'
gives 200 "$JSON" '"completion_probabilities":\[' "$H/completion" -d '{"prompt":"12 + 30 =","n_predict":2,"n_probs":3}'
gives 200 "$JSON" '"object":"response".*"status":"(completed|incomplete)"' "$H/v1/responses" -H 'Authorization: Bearer no-key' \
  -d '{"model":"gpt-4.1","instructions":"You are a calculator.","input":"What is 12 + 30?"}'

# ---- Ollama ----
gives 200 'text/plain; charset=utf-8' '^HTTP/1.1 200 ' -I "$H/" # its program looks for a server so
gives 200 "$JSON" '^\{"version":"[0-9.]+"\}$' "$H/api/version"
gives 200 "$JSON" '"name":"demo-gpt-oss:latest".*"quantization_level":"MXFP4"' "$H/api/tags"
gives 200 "$JSON" '"size_vram":.*"expires_at":' "$H/api/ps"
gives 200 "$JSON" '"capabilities":\["completion","thinking"\]' "$H/api/show" -d '{"model":"demo-gpt-oss"}'
gives 200 "$LINES_OF_JSON" '"done":true,"done_reason":"(stop|length)","total_duration":[0-9]+,' "$H/api/chat" \
  -d '{"model":"demo-gpt-oss","messages":[{"role":"user","content":"What is 12 + 30?"}]}'
gives 200 "$JSON" '"message":\{.*"done":true.*"eval_duration":[0-9]+' "$H/api/chat" \
  -d '{"model":"demo-gpt-oss","messages":[{"role":"user","content":"What is 12 + 30?"}],"stream":false,"options":{"seed":101,"temperature":0}}'
gives 200 "$LINES_OF_JSON" '"done":true' "$H/api/generate" -H 'Accept: application/x-ndjson' \
  -d '{"model":"demo-gpt-oss","prompt":"What is 12 + 30?"}'
gives 200 "$JSON" '"response":"' "$H/api/generate" -d '{"model":"demo-gpt-oss","prompt":"What is 12 + 30?","stream":false}'
gives 200 "$JSON" '"response":".*"done_reason":"(length|stop)"' "$H/api/generate" \
  -d '{"model":"demo-gpt-oss","prompt":"12 + 30 =","raw":true,"stream":false,"options":{"num_predict":4}}'
gives 200 "$JSON" '"done_reason":"load"' "$H/api/generate" -d '{"model":"demo-gpt-oss","stream":false}'
gives 200 "$LINES_OF_JSON" '"done_reason":"load"' "$H/api/chat" -d '{"model":"demo-gpt-oss","messages":[]}'
gives 200 "$JSON" '"embeddings":\[\[-?[0-9].*\]\]' "$H/api/embed" -d '{"model":"demo-gpt-oss","input":"Why is the sky blue?"}'
gives 200 "$JSON" '\],\[' "$H/api/embed" -d '{"model":"demo-gpt-oss","input":["Why is the sky blue?","Why is the grass green?"]}'
gives 400 "$JSON" '^\{"error":"format ' "$H/api/generate" -d '{"model":"demo-gpt-oss","prompt":"x","format":"json"}'
gives 400 "$JSON" '^\{"error":"images ' "$H/api/generate" -d '{"model":"demo-gpt-oss","prompt":"What is in it?","stream":false,"images":["iVBORw0KGgo="]}'
gives 404 "$JSON" '^\{"error":"' "$H/api/show" -d '{"model":"llava"}'
gives 501 "$JSON" '^\{"error":"/api/pull ' "$H/api/pull" -d '{"model":"llama3.2"}'
gives 501 "$JSON" '^\{"error":"/api/copy ' "$H/api/copy" -d '{"source":"llama3.2","destination":"llama3-backup"}'
gives 501 "$JSON" '^\{"error":"/api/delete ' -X DELETE "$H/api/delete" -d '{"model":"llama3:13b"}'
gives 200 "$LINES_OF_JSON" '"done_reason":"unload"' "$H/api/chat" -d '{"model":"demo-gpt-oss","messages":[],"keep_alive":0}'

# ---- shimmy ----
gives 200 "$JSON" '"status":"unloaded"' -X POST "$H/api/models/demo-gpt-oss/unload"
gives 200 "$JSON" '"loaded":false' "$H/api/models/demo-gpt-oss/status"
gives 202 "$JSON" '"status":"loading"' -X POST "$H/api/models/demo-gpt-oss/load"
gives 200 "$JSON" '"response":".*"usage":' -s "$H/api/generate" -H 'content-type: application/json' \
  -d '{"model":"demo-gpt-oss","prompt":"What is 12 + 30?","max_tokens":200,"stream":false}'
gives 200 "$SSE" '^data: \[DONE\]$' -N "$H/api/generate" \
  -d '{"model":"demo-gpt-oss","prompt":"What is 12 + 30?","max_tokens":200}'
gives 200 "$SSE" '^data: \[DONE\]$' -N "$H/api/generate" \
  -d '{"model":"demo-gpt-oss","messages":[{"role":"user","content":"What is 12 + 30?"}],"temperature":0,"top_k":40,"stream":true}'
gives 200 "$JSON" '"models":\[\{"name":"demo-gpt-oss","size_bytes":[0-9]+,.*"source":"registered"' "$H/api/models"
gives 200 "$JSON" '"discovered":0,"added":0,"models":' -X POST "$H/api/models/discover"
gives 200 "$JSON" '"status":"loaded","loaded":true' "$H/api/models/demo-gpt-oss/status"
gives 200 "$JSON" '"service":"spillway"' "$H/metrics" -H 'Accept: application/json'
gives 200 "$JSON" '"mem_total_mb":[1-9]' "$H/diag"
gives 501 "$JSON" '"code":"not_supported"' "$H/api/tools"
gives 404 "$JSON" '"code":"model_not_found"' -X POST "$H/api/models/none/load"

kill "$server"
wait "$server" || fail "the server ended with exit code $?: $(cat log)"
echo "$n lines of curl"
