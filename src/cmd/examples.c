/* examples.c - the table.  Every line fits the help's 80 columns with its indentation of 2. */
#include "cmd/examples.h"

#include <stddef.h>
#include <string.h>

// clang-format off
static const struct {
    const char *command;
    const char *lines[N_EXAMPLES];
} EXAMPLES[] = {
    {"run", {"spillway run models/demo-gpt-oss.gguf 'What is a spillway?'",
             "spillway run demo-gpt-oss --temp 0 --max-tokens 200 --json - < question.txt",
             "spillway run demo-gpt-oss          # a chat; Ctrl-D ends it"}},
    {"serve", {"spillway serve models/demo-gpt-oss.gguf",
               "spillway serve --model-dirs './models;/data/models' --bind 127.0.0.1:8080",
               "spillway serve demo-gpt-oss --parallel 8 --ctx-size 4096"}},
    {"bench", {"spillway bench models/demo-gpt-oss.gguf models/demo-phimoe.gguf",
               "spillway bench --url http://127.0.0.1:11435 --model demo-gpt-oss",
               "spillway bench demo-gpt-oss --modes stream,cold --pause 0 -- --threads 4"}},
    {"stress", {"spillway stress models/demo-gpt-oss.gguf --suite basic --suite api",
                "spillway stress --url http://127.0.0.1:11435 --suite concurrent",
                "spillway stress demo-gpt-oss --scenario marathon --duration 10m"}},
    {"bench review", {"spillway bench review results/new",
                      "spillway bench review results/new --blind --page scores.html",
                      "spillway bench review all.sqlite:7 --import scores.json"}},
    {"report", {"spillway report bench-results",
                "spillway report monday tuesday all.sqlite:3 --out side-by-side",
                "spillway report bench-results:3 --json"}},
    {"protocol", {"spillway protocol show > mine.json",
                  "spillway protocol check mine.json",
                  "spillway protocol schema > protocol.schema.json"}},
    {"runs", {"spillway runs list",
              "spillway runs export bench-results:2 --format csv > run.csv",
              "spillway runs merge all.sqlite results"}},
    {"compare", {"spillway compare results/before results/after",
                 "spillway compare main results/new --knob version --junit junit.xml",
                 "spillway compare mine.json theirs.json --threshold decode_tps=2 --out pages"}},
    {"baseline", {"spillway baseline pin main results/new",
                  "spillway baseline pin main results/newer --force",
                  "spillway baseline list"}},
    {"trend", {"spillway trend",
               "spillway trend all.sqlite --metric decode_tps --format html",
               "spillway trend results --model demo-gpt-oss --json"}},
    {"monitor", {"spillway monitor --name llama-server",
                 "spillway monitor --url http://127.0.0.1:11435 --record night.csv --for 28800",
                 "spillway monitor --replay night.csv"}},
    {"perf", {"spillway perf models/demo-gpt-oss.gguf",
              "spillway perf demo-gpt-oss -p 128,512 -n 64 -t 1,2,4",
              "spillway perf demo-gpt-oss --depth 4096 --repeat 3 --json"}},
    {"inspect", {"spillway inspect models/demo-gpt-oss.gguf",
                 "spillway inspect demo-gpt-oss --tensors",
                 "spillway inspect demo-gpt-oss --json"}},
    {"plan", {"spillway plan models/demo-gpt-oss.gguf",
              "spillway plan demo-gpt-oss --parallel 8 --ctx-size 4096 --kv-type q8_0",
              "spillway plan demo-gpt-oss --detail experts --json"}},
    {"devices", {"spillway devices",
                 "spillway devices --json",
                 "spillway devices --json | jq '.devices[].name'"}},
    {"tokenize", {"echo -n 'Hello' | spillway tokenize models/demo-gpt-oss.gguf",
                  "spillway tokenize demo-gpt-oss --add-special < text.txt",
                  "spillway tokenize demo-gpt-oss --parse-special < prompt.txt"}},
    {"logits", {"spillway logits demo-gpt-oss --tokens 1,2,3 --out logits.f32",
                "spillway logits demo-gpt-oss --tokens 1,2,3 --prefill 2 -o logits.f32",
                "spillway logits demo-gpt-oss --tokens 1,2,3 --compat llama.cpp -o l.f32"}},
    {"parity", {"spillway parity demo-gpt-oss --a '--cpu-moe' --b '--n-gpu-layers all'",
                "spillway parity demo-gpt-oss --a '--kv-type f16' --b '--kv-type q8_0'",
                "spillway parity demo-gpt-oss --b 'SPILLWAY_ISA=scalar' --json"}},
    {"experts", {"spillway experts simulate trace.jsonl demo-gpt-oss",
                 "spillway experts simulate trace.csv --experts 4,8,12 --json",
                 "spillway experts profile http://127.0.0.1:11435 -o profile.json"}},
    {"synth", {"spillway synth gpt-oss-20b gpt-oss.gguf",
               "spillway synth qwen3-30b-a3b --layers 4 --seed 7 small.gguf",
               "spillway synth tiny-gpt-oss tiny.gguf --force"}},
    {"quantize", {"spillway quantize model-f16.gguf model-q8.gguf Q8_0",
                  "spillway quantize model-f16.gguf small.gguf Q8_0 --experts Q4_K",
                  "spillway quantize model-f16.gguf small.gguf Q4_K --embedding Q6_K --force"}},
    {"completions", {"spillway completions bash > ~/.bash_completion",
                     "spillway completions zsh > ~/.zfunc/_spillway",
                     "spillway completions fish > ~/.config/fish/completions/spillway.fish"}},
    {"man", {"spillway man | man -l -",
             "spillway man run | man -l -",
             "spillway man serve > spillway-serve.1"}},
};
// clang-format on

const char *const *examples_of(const char *command)
{
    for (size_t i = 0; i < sizeof EXAMPLES / sizeof EXAMPLES[0]; i++) {
        if (strcmp(EXAMPLES[i].command, command) == 0)
            return EXAMPLES[i].lines;
    }
    return NULL;
}
