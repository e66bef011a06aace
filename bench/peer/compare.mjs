// Measures spillway and llama.cpp on the same model files with the same threads, in turns, and prints ratios.
//   node compare.mjs --spillway PATH [--threads N] [--repeat N] [--prompt N] [--gen N] MODEL...
// It first checks that both compute the same model: every token of llama.cpp's greedy continuation of a short prompt must
// be spillway's choice too, or in the best thousandth of the vocabulary: models with random weights have near ties, which
// the rounding of activations flips.
import {spawn, spawnSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync} from "node:fs";
import {availableParallelism, tmpdir} from "node:os";
import {basename, join} from "node:path";
import {createInterface} from "node:readline";
import {parseArgs} from "node:util";
import {getLlama} from "node-llama-cpp";

const {values: options, positionals: models} = parseArgs({
  allowPositionals: true,
  options: {
    spillway: {type: "string"},
    threads: {type: "string", default: String(availableParallelism())},
    repeat: {type: "string", default: "5"},
    prompt: {type: "string", default: "512"},
    gen: {type: "string", default: "64"},
  },
});
if (options.spillway === undefined || models.length === 0) {
  console.error("usage: node compare.mjs --spillway PATH [--threads N] [--repeat N] [--prompt N] [--gen N] MODEL...");
  process.exit(2);
}
const threads = Number(options.threads), nPrompt = Number(options.prompt), nGen = Number(options.gen);

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const tokensOf = (n) => Array.from({length: n}, (_, i) => (i * 37 + 11) % 300);

// ---- llama.cpp ----

const llama = await getLlama({gpu: false, build: "never", progressLogs: false, logLevel: "error"});

async function openPeer(path) {
  const model = await llama.loadModel({modelPath: path, gpuLayers: 0});
  const context = await model.createContext({contextSize: nPrompt + nGen + 64, batchSize: nPrompt, threads});
  const sequence = context.getSequence();
  const take = async (prompt, n, each) => {
    await sequence.clearHistory();
    let count = 0;
    for await (const token of sequence.evaluate(prompt, {temperature: 0, yieldEogToken: true})) {
      each(token);
      if (++count > n) break;
    }
  };
  return {
    async promptRate() {
      await sequence.clearHistory();
      const start = performance.now();
      await sequence.evaluateWithoutGeneratingNewTokens(tokensOf(nPrompt));
      return nPrompt / (performance.now() - start) * 1e3;
    },
    // From the first token on, which ends the evaluation of the prompt.
    async generationRate() {
      let start, end, count = 0;
      await take(tokensOf(2), nGen, () => {
        end = performance.now();
        start ??= end;
        count++;
      });
      return (count - 1) / (end - start) * 1e3;
    },
    async greedy(prompt, n) {
      const tokens = [];
      await take(prompt, n - 1, (token) => tokens.push(token));
      return tokens;
    },
    close: () => model.dispose(),
  };
}

// ---- spillway ----

function openSpillway(path) {
  const child = spawn(options.spillway, ["perf", path, "--on-demand", "--quiet", "-t", String(threads), "-p", String(nPrompt),
    "-n", String(nGen)], {stdio: ["pipe", "pipe", "inherit"]});
  const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  return {
    async measure() {
      child.stdin.write("\n");
      const {value, done} = await lines.next();
      if (done) throw new Error("spillway perf ended early");
      return JSON.parse(value);
    },
    close: () => child.stdin.end(),
  };
}

// How spillway ranks each of llama.cpp's greedy tokens, as a share of the vocabulary (0: its own choice), given the same
// tokens before it.
async function ranks(path, peer) {
  const prompt = tokensOf(8), n = 16;
  const continuation = await peer.greedy(prompt, n);
  const folder = mkdtempSync(join(tmpdir(), "spillway-peer-"));
  try {
    const file = join(folder, "logits");
    const run = spawnSync(options.spillway, ["logits", path, "--tokens", [...prompt, ...continuation].join(","),
      "--compat", "llama.cpp", "--out", file], {encoding: "utf8"});
    if (run.status !== 0) throw new Error(run.stderr.trim());
    const bytes = readFileSync(file);
    const logits = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const vocabulary = logits.length / (prompt.length + continuation.length);
    return continuation.map((token, i) => {
      const row = logits.subarray((prompt.length - 1 + i) * vocabulary, (prompt.length + i) * vocabulary);
      return row.reduce((above, value) => above + (value > row[token] ? 1 : 0), 0) / vocabulary;
    });
  } finally {
    rmSync(folder, {recursive: true});
  }
}

// ---- the comparison ----

const row = (...cells) => console.log(cells.map((c, i) => (i === 0 ? c.padEnd(34) : String(c).padStart(12))).join(""));
const show = (name, own, peer) => {
  const ratios = own.map((v, i) => v / peer[i]);
  row(name, median(own).toFixed(1), median(peer).toFixed(1), `${median(ratios).toFixed(2)} x`,
    `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`);
};

let refused = false;
for (const [i, path] of models.entries()) {
  console.error(`${basename(path)} (${i + 1} of ${models.length}): loading, comparing greedy tokens ...`);
  const peer = await openPeer(path);
  const places = await ranks(path, peer);
  const same = places.filter((rank) => rank === 0).length / places.length;
  if (places.filter((rank) => rank < 1e-3).length < 0.9 * places.length) {
    console.error(`${basename(path)}: spillway ranks llama.cpp's greedy tokens ${places.join(" ")}: not the same model, no comparison`);
    refused = true;
    await peer.close();
    continue;
  }
  const own = openSpillway(path);
  await own.measure(); // not counted: first touch of weights and caches
  await peer.promptRate();
  const results = {own: [], prompt: [], gen: []};
  for (let turn = 0; turn < Number(options.repeat); turn++) {
    console.error(`  turn ${turn + 1} of ${options.repeat}`);
    results.own.push(await own.measure());
    results.prompt.push(await peer.promptRate());
    results.gen.push(await peer.generationRate());
  }
  own.close();
  await peer.close();
  const {isa, bytes_per_token: bytes} = results.own[0];
  console.log(`\n${basename(path)}: ${threads} threads, kernels ${isa}, ${(same * 100).toFixed(0)} % of greedy tokens agree`);
  row("tokens/s (median)", "spillway", "llama.cpp", "ratio", "min-max");
  show(`prompt, ${nPrompt} tokens`, results.own.map((r) => r.prompt_tokens_per_s), results.prompt);
  show(`generation, ${nGen} tokens`, results.own.map((r) => r.generation_tokens_per_s), results.gen);
  const share = median(results.own.map((r) => r.generation_tokens_per_s * bytes / r.read_bytes_per_s));
  const bandwidth = median(results.own.map((r) => r.read_bytes_per_s)) / 1e9;
  console.log(`spillway's generation reads weights at ${(share * 100).toFixed(0)} % of the bandwidth measured beside it, ` +
    `${bandwidth.toFixed(1)} GB/s`);
}
await llama.dispose();
process.exit(refused ? 4 : 0);
