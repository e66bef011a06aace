// A small OpenAI-compatible server on llama.cpp, so that `spillway bench --url` can run its protocol against it.
//   node serve.mjs [--threads N] [--ctx N] [--port N] MODEL.gguf
// It listens on loopback alone, prints its URL, and answers one request at a time: GET /health, GET /v1/models, POST
// /v1/chat/completions (whole and streamed, with usage).  Every prompt is evaluated from its start, so cached_tokens is 0.
import {randomUUID} from "node:crypto";
import {createServer} from "node:http";
import {availableParallelism} from "node:os";
import {basename, resolve} from "node:path";
import {parseArgs} from "node:util";
import {getLlama, LlamaChat} from "node-llama-cpp";

const BODY_BYTES_MAX = 1 << 20;

const {values: options, positionals: models} = parseArgs({
  allowPositionals: true,
  options: {
    threads: {type: "string", default: String(availableParallelism())},
    ctx: {type: "string", default: "4096"},
    port: {type: "string", default: "0"},
  },
});
if (models.length !== 1) {
  console.error("usage: node serve.mjs [--threads N] [--ctx N] [--port N] MODEL.gguf");
  process.exit(2);
}
const name = basename(models[0], ".gguf");

// ---- the model ----

const llama = await getLlama({gpu: false, build: "never", progressLogs: false, logLevel: "warn"});
const model = await llama.loadModel({modelPath: resolve(models[0]), gpuLayers: 0});
const context = await model.createContext({contextSize: Number(options.ctx), threads: Number(options.threads)});
const sequence = context.getSequence();
const chat = new LlamaChat({contextSequence: sequence});

// The conversation as node-llama-cpp has it; an empty answer at its end is the one to write.
function historyOf(messages) {
  const turns = messages.map(({role, content}) => {
    const text = typeof content === "string" ? content : content.map((part) => part.text ?? "").join("");
    return role === "assistant" ? {type: "model", response: [text]}
      : role === "user" ? {type: "user", text} : {type: "system", text};
  });
  return [...turns, {type: "model", response: []}];
}

// Calls onPiece(text, isReasoning) for each piece; the result is the reason why the answer ended, and what was counted.
async function generate(request, signal, onPiece) {
  await sequence.clearHistory();
  const before = sequence.tokenMeter.getState();
  const {metadata} = await chat.generateResponse(historyOf(request.messages), {
    maxTokens: request.max_completion_tokens ?? request.max_tokens,
    temperature: request.temperature ?? 0.8,
    topP: request.top_p ?? 0.95,
    topK: request.top_k ?? 40,
    minP: request.min_p ?? 0.05,
    seed: request.seed,
    repeatPenalty: false,
    signal,
    stopOnAbortSignal: true,
    onResponseChunk: (chunk) => {
      if (chunk.text !== "") onPiece(chunk.text, chunk.type === "segment");
    },
  });
  const used = sequence.tokenMeter.diff(before);
  return {
    finish: metadata.stopReason === "maxTokens" ? "length" : "stop",
    usage: {
      prompt_tokens: used.usedInputTokens, completion_tokens: used.usedOutputTokens,
      total_tokens: used.usedInputTokens + used.usedOutputTokens, prompt_tokens_details: {cached_tokens: 0},
    },
  };
}

// ---- requests ----

const member = (isReasoning) => isReasoning ? "reasoning_content" : "content";

async function answerStream(request, head, response, signal) {
  const send = (more) => response.write(`data: ${JSON.stringify({...head, object: "chat.completion.chunk", ...more})}\n\n`);
  const choice = (delta, finish_reason = null) => ({choices: [{index: 0, delta, finish_reason}]});
  response.writeHead(200, {"content-type": "text/event-stream"});
  send(choice({role: "assistant", content: ""}));
  const {finish, usage} = await generate(request, signal, (text, isReasoning) => send(choice({[member(isReasoning)]: text})));
  send(choice({}, finish));
  if (request.stream_options?.include_usage) send({choices: [], usage});
  response.end("data: [DONE]\n\n");
}

async function answerWhole(request, head, response, signal) {
  const message = {role: "assistant", content: ""};
  const {finish, usage} = await generate(request, signal, (text, isReasoning) => {
    message[member(isReasoning)] = (message[member(isReasoning)] ?? "") + text;
  });
  reply(response, 200, {...head, object: "chat.completion", usage, choices: [{index: 0, message, finish_reason: finish}]});
}

function reply(response, status, document) {
  response.writeHead(status, {"content-type": "application/json"});
  response.end(JSON.stringify(document));
}

const fail = (response, status, message) => reply(response, status, {error: {message, type: "invalid_request_error"}});

async function readBody(request) {
  const pieces = [];
  let n = 0;
  for await (const piece of request) {
    pieces.push(piece);
    if ((n += piece.length) > BODY_BYTES_MAX) throw new Error(`the body has more than ${BODY_BYTES_MAX} bytes`);
  }
  return JSON.parse(Buffer.concat(pieces).toString());
}

let turn = Promise.resolve(); // one answer after the other

async function chatRoute(request, response) {
  const body = await readBody(request);
  if (!Array.isArray(body.messages) || body.messages.length === 0) return fail(response, 400, "messages must be a list");
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const head = {id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: name};
  const work = turn.then(() => (body.stream ? answerStream : answerWhole)(body, head, response, gone.signal));
  turn = work.catch(() => {});
  await work;
}

const server = createServer((request, response) => {
  response.setHeader("server", `node-llama-cpp (llama.cpp ${llama.llamaCppRelease?.release ?? "?"})`);
  if (request.url === "/health") return reply(response, 200, {status: "ok"});
  if (request.url === "/v1/models") return reply(response, 200, {object: "list", data: [{id: name, object: "model"}]});
  if (request.method !== "POST" || request.url !== "/v1/chat/completions") return fail(response, 404, "no such route");
  chatRoute(request, response).catch((error) => response.headersSent ? response.destroy() : fail(response, 400, error.message));
});
server.listen(Number(options.port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
