/* Servers of other programs: what their log, their process and they themselves show of where a model is, and that none
 * of it counts as certain.
 *
 * This program is also such a server: started under the name llama-server it maps a model file, writes a log and
 * answers as llama-server does.
 */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "hosts/host.h"
#include "hosts/log_evidence.h"
#include "hosts/placement_table.h"
#include "hosts/process_evidence.h"
#include "hosts/process_model.h"
#include "scripted_server.h"
#include "support/temp_dir.h"

static const char MODEL[] = SPILLWAY_SOURCE_DIR "/models/demo-gpt-oss.gguf";
static const atomic_bool GO_ON;
static const model_bytes SIZES = {.weights = 12e9, .experts = 10e9, .table = 0.5e9};

/* ---- logs -------------------------------------------------------------------------------------------------------- */

static experts_place place_of_log(const char *log, const model_bytes *m, char evidence[1024])
{
    buf text;
    buf_init(&text, 1024);
    const log_sums sums = log_evidence_read(log, strlen(log));
    const experts_place place = log_evidence_place(&sums, m, &text);
    snprintf(evidence, 1024, "%s", buf_str(&text));
    buf_free(&text);
    return place;
}

#define LOADED "llama_model_loader: loaded meta data with 35 key-value pairs and 459 tensors from m.gguf\n"

static void test_sizes_in_a_log_tell_where_experts_probably_are(void **state)
{
    (void)state;
    static const struct {
        const char *log;
        experts_place place;
        const char *evidence;
    } CASES[] = {
        {"", EXPERTS_NOT_KNOWN, "no sizes"},
        {LOADED "load_tensors:   CPU_Mapped model buffer size = 11444.00 MiB\n", EXPERTS_IN_RAM,
         "12.000 GB of weights in RAM"},
        // --cpu-moe: the others on the GPU; the mapped range spans the file
        {LOADED "load_tensors:        CUDA0 model buffer size =  1430.51 MiB\n"
                "load_tensors:   CPU_Mapped model buffer size = 11440.00 MiB\n"
                "llama_kv_cache_unified:      CUDA0 KV buffer size =   96.00 MiB\n",
         EXPERTS_IN_RAM, "so not certain"},
        {LOADED "tensor blk.0.ffn_gate_exps.weight buffer type overridden to CPU\n"
                "tensor blk.0.ffn_up_exps.weight (134 MiB mxfp4) buffer type overridden to CUDA_Host\n"
                "tensor blk.0.attn_q.weight buffer type overridden to CUDA0\n"
                "load_tensors: CUDA0 model buffer size = 900.0 MiB\n",
         EXPERTS_IN_RAM, "options put 2 tensors of experts into RAM, 0 into VRAM"},
        {LOADED "llm_load_tensors:        CPU buffer size =   476.84 MiB\n"
                "llm_load_tensors:      CUDA0 buffer size =  5484.09 MiB\n"
                "llm_load_tensors:      CUDA1 buffer size =  5484.09 MiB\n",
         EXPERTS_IN_VRAM, "11.501 GB in VRAM"},
        {LOADED "load_tensors: Vulkan0 model buffer size = 6000.00 MiB\nload_tensors: Vulkan_Host model buffer size = "
                "5000 MiB\n",
         EXPERTS_MIXED, "6.291 GB in VRAM"},
        {LOADED
         "load_tensors: CUDA0 model buffer size = 476.84 MiB\nload_tensors: CPU model buffer size = 10967.16 MiB\n",
         EXPERTS_NOT_KNOWN, "0.500 GB in VRAM"}, // one layer of many
        // the last load counts
        {LOADED "load_tensors: CUDA0 model buffer size = 11444 MiB\n" LOADED
                "load_tensors: CPU model buffer size = 1 GiB\n",
         EXPERTS_IN_RAM, "1.074 GB of weights in RAM, 0.000 GB in VRAM"},
        {"load_tensors: CUDA0 model buffer size = 1e99 MiB\nx: CUDA0 model buffer size = -5 MiB\nbuffer size\n"
         "CUDA0 model buffer size =\nCUDA0 buffer size = 5 parsecs\nTPU7 model buffer size = 5 MiB\n",
         EXPERTS_NOT_KNOWN, "no sizes"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char evidence[1024];
        const experts_place place = place_of_log(CASES[i].log, &SIZES, evidence);
        if (place != CASES[i].place || strstr(evidence, CASES[i].evidence) == NULL)
            fail_msg("case %zu: %s: %s", i, experts_place_name(place), evidence);
    }
    char evidence[1024];
    const model_bytes unknown = {NAN, NAN, NAN};
    assert_int_equal(place_of_log("x: CUDA0 model buffer size = 5 MiB\n", &unknown, evidence), EXPERTS_NOT_KNOWN);
    assert_non_null(strstr(evidence, "are not known"));
}

static void test_rows_of_a_log_have_their_kind_and_source(void **state)
{
    (void)state;
    static const char LOG[] =
        LOADED "load_tensors: CUDA0 model buffer size = 2.00 MiB\n"
               "load_tensors: CPU_Mapped model buffer size = 3.00 MiB\n"
               "load_tensors: CPU_Mapped model buffer size = 4.00 MiB\n" // a split model's second file
               "llama_kv_cache_unified: CUDA0 KV buffer size = 1.00 MiB\n"
               "llama_context: CUDA0 compute buffer size = 0.50 MiB\n"
               "llama_context: CUDA_Host  output buffer size = 0.25 MiB";
    const log_sums sums = log_evidence_read(LOG, sizeof LOG - 1);
    arena *const keep = arena_create();
    placement_row *rows;
    size_t n;
    sw_err err = {0};
    assert_int_equal(log_evidence_rows(&sums, keep, &rows, &n, &err), SW_OK);
    assert_int_equal(n, 5);
    assert_true(strcmp(rows[0].tensor_class, "weights") == 0 && rows[0].bytes == 7 << 20);
    assert_true(strcmp(rows[1].tensor_class, "buffers") == 0 && rows[1].bytes == 1 << 18);
    assert_true(strcmp(rows[3].tier, "vram") == 0 && strcmp(rows[3].tensor_class, "kv") == 0);
    assert_string_equal(rows[3].source, "log");
    arena_free(keep);
}

/* ---- processes --------------------------------------------------------------------------------------------------- */

static void test_the_memory_of_a_process_tells_less(void **state)
{
    (void)state;
    static const struct {
        double own, mapped, gpu;
        experts_place place;
        const char *evidence;
    } CASES[] = {
        {NAN, NAN, NAN, EXPERTS_NOT_KNOWN, "not known"},
        {0.5e9, 11.6e9, NAN, EXPERTS_IN_RAM, "12.100 GB in RAM (0.500 GB private, 11.600 GB of mapped files)"},
        {12.4e9, 0.1e9, NAN, EXPERTS_IN_RAM, "no GPU memory is seen"},
        {0.5e9, 2e9, NAN, EXPERTS_NOT_KNOWN, "2.500 GB in RAM"}, // the rest was not read yet
        {0.5e9, 10e9, 2.2e9, EXPERTS_IN_RAM, "2.200 GB of GPU memory"},
        {1e9, 0.5e9, 12.5e9, EXPERTS_IN_VRAM, "so not certain"},
        {1e9, 5e9, 7e9, EXPERTS_MIXED, "10.000 GB of experts"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        sample_values memory = sample_values_none();
        buf evidence;
        buf_init(&evidence, 1024);
        memory.v[SAMPLE_PRIVATE] = CASES[i].own;
        memory.v[SAMPLE_FILE_RSS] = CASES[i].mapped;
        memory.v[SAMPLE_GPU_PROCESS] = CASES[i].gpu;
        const experts_place place = process_evidence_place(&memory, &SIZES, &evidence);
        if (place != CASES[i].place || strstr(buf_str(&evidence), CASES[i].evidence) == NULL)
            fail_msg("case %zu: %s: %s", i, experts_place_name(place), buf_str(&evidence));
        buf_free(&evidence);
    }
}

/* ---- a server of another program --------------------------------------------------------------------------------- */

static void answer(scripted_server *s, int fd, const char *request)
{
    (void)s;
    static const char MODELS[] = "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"meta\":{\"n_params\":1000}}]}";
    static const char PROPS[] = "{\"build_info\":\"b9999-abcdef\",\"total_slots\":3,\"default_generation_settings\":"
                                "{\"n_ctx\":4096,\"params\":{\"temperature\":0.8,\"top_k\":40,\"min_p\":\"x\"}}}";
    const char *const body = strncmp(request, "GET /props ", 11) == 0       ? PROPS
                             : strncmp(request, "GET /v1/models ", 15) == 0 ? MODELS
                             : strncmp(request, "GET /health ", 12) == 0    ? "{\"status\":\"ok\"}"
                                                                            : NULL;
    char reply[1024];
    const int n =
        snprintf(reply, sizeof reply, "HTTP/1.1 %s\r\nServer: llama.cpp\r\nContent-Length: %zu\r\n\r\n%s",
                 body != NULL ? "200 OK" : "404 Not Found", body != NULL ? strlen(body) : 0, body != NULL ? body : "");
    scripted_server_send(fd, reply, (size_t)n);
}

static const fact_record *fact(const bench_host *host, fact_name name)
{
    size_t n;
    const fact_record *const facts = host_facts(host, &n);
    for (size_t i = n; i-- > 0;) {
        if (facts[i].name == name)
            return &facts[i];
    }
    fail_msg("no fact %s", FACT_IDS[name].name);
    return NULL;
}

/* ---- which program it is ----------------------------------------------------------------------------------------- */

typedef struct answered_path {
    const char *path, *body;
} answered_path;

/* ud: paths and bodies, the last path is NULL. */
static void answer_paths(scripted_server *s, int fd, const char *request)
{
    const char *body = NULL;
    char reply[1024];
    for (const answered_path *p = s->ud; p->path != NULL; p++) {
        const size_t n = strlen(p->path);
        const char *const path = strchr(request, ' ') + 1;
        body = strncmp(path, p->path, n) == 0 && path[n] == ' ' ? p->body : body;
    }
    const int n =
        snprintf(reply, sizeof reply, "HTTP/1.1 %s\r\nServer: uvicorn\r\nContent-Length: %zu\r\n\r\n%s",
                 body != NULL ? "200 OK" : "404 Not Found", body != NULL ? strlen(body) : 0, body != NULL ? body : "");
    scripted_server_send(fd, reply, (size_t)n);
}

/* Opens a given server that answers so; its process is this test, which is no model server. */
static bench_host *open_answering(scripted_server *s, const answered_path *paths)
{
    static const bench_subject SUBJECT = {.record = {.name = "m"}};
    bench_host *host;
    sw_err err = {0};
    *s = (scripted_server){.answer = answer_paths, .ud = (void *)paths};
    assert_true(scripted_server_start(s));
    const host_options options = {
        .subject = &SUBJECT, .side = SIDE_GIVEN, .url = s->url, .clock = clock_or_system(NULL), .cancel = &GO_ON};
    if (host_open(&host, &options, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return host;
}

#define LIST                                                                                                           \
    {                                                                                                                  \
        "/v1/models", "{\"data\":[{\"id\":\"m\"}]}"                                                                    \
    }

static void test_programs_are_told_apart_by_what_only_they_answer(void **state)
{
    (void)state;
    static const struct {
        answered_path paths[4];
        const char *software;
    } CASES[] = {
        {{LIST, {"/version", "{\"version\":\"0.11.0\"}"}}, "vLLM 0.11.0"},
        {{LIST, {"/api/version", "{\"version\":\"0.12.3\"}"}}, "Ollama 0.12.3"},
        {{LIST, {"/health", "{\"status\":\"ok\",\"service\":\"shimmy\",\"version\":\"1.7.2\"}"}}, "shimmy 1.7.2"},
        {{LIST, {"/props", "{\"build_info\":\"b1-x\"}"}}, "llama-server b1-x"},
        {{LIST, {"/health", "[1"}, {"/props", "{\"build_info\":7,\"total_slots\":-1}"}}, "uvicorn"},
        {{LIST}, "uvicorn"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        scripted_server s;
        bench_host *const host = open_answering(&s, CASES[i].paths);
        assert_string_equal(host_record(host).software, CASES[i].software);
        assert_false(host_is_spillway(host));
        assert_string_equal(fact(host, FACT_EXPERTS_VERIFIED)->text, "not known");
        host_close(host);
        scripted_server_stop(&s);
    }
}

static void test_what_ollama_says_is_its_word(void **state)
{
    (void)state;
    static const answered_path IN_VRAM[] = {
        LIST,
        {"/api/version", "{\"version\":\"0.12.3\"}"},
        {"/v1/chat/completions", "{\"choices\":[]}"},
        {"/api/ps", "{\"models\":[{\"name\":\"other\"},{\"name\":\"m\",\"size\":9000,\"size_vram\":9000}]}"},
        {NULL, NULL}};
    static const answered_path BOTH[] = {
        LIST,
        {"/api/version", "{\"version\":\"0.12.3\"}"},
        {"/api/ps", "{\"models\":[{\"name\":\"m\",\"size\":9000,\"size_vram\":4000}]}"},
        {NULL, NULL}};
    scripted_server s;
    size_t n;
    bench_host *host = open_answering(&s, IN_VRAM);
    assert_string_equal(fact(host, FACT_EXPERTS_VERIFIED)->text, "in VRAM");
    assert_string_equal(fact(host, FACT_EXPERTS_VERIFIED)->source, "/api/ps");
    assert_non_null(strstr(fact(host, FACT_EXPERTS_EVIDENCE)->text, "Ollama's own word, so not certain"));
    host_close(host);
    scripted_server_stop(&s);
    host = open_answering(&s, BOTH);
    assert_string_equal(fact(host, FACT_EXPERTS_VERIFIED)->text, "not known");
    const placement_row *const rows = host_placement(host, &n);
    assert_int_equal(n, 2);
    assert_true(strcmp(rows[0].tier, "ram") == 0 && rows[0].bytes == 5000 && rows[1].bytes == 4000);
    host_close(host);
    scripted_server_stop(&s);
}

#define TABLE(row) "{\"data\":[{\"weights\":[{\"class\":\"experts\"," row "}]}]}"

/* A table of experts that cannot be true must not verify anything. */
static void test_a_table_that_says_nothing_verifies_nothing(void **state)
{
    (void)state;
    static const char *const TABLES[] = {
        "{\"data\":[{\"model\":\"m\",\"weights\":[]}]}", TABLE("\"bytes\":5,\"effective\":\"ram\""),
        TABLE("\"layer\":0,\"expert\":0,\"n_experts\":9,\"effective\":\"cloud\""), "{\"data\":{}}"};
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
        const answered_path paths[] = {LIST,
                                       {"/health", "{\"service\":\"spillway\",\"version\":\"9\"}"},
                                       {"/v1/placement", TABLES[i]},
                                       {"/v1/placement?detail=experts", TABLES[i]},
                                       {NULL, NULL}};
        scripted_server s;
        bench_host *const host = open_answering(&s, paths);
        assert_true(host_is_spillway(host));
        assert_string_equal(fact(host, FACT_EXPERTS_VERIFIED)->text, "not known");
        host_close(host);
        scripted_server_stop(&s);
    }
}

/* Until its standard input ends. */
static int be_llama_server(const char *model)
{
    scripted_server server = {.answer = answer};
    struct stat st;
    const int fd = open(model, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0 || !scripted_server_start(&server))
        return 1;
    const char *const map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    fprintf(stderr, LOADED "load_tensors:   CPU_Mapped model buffer size = %.2f MiB\n", (double)st.st_size / 1048576);
    printf("%s\n", server.url);
    fflush(stdout);
    while (getchar() != EOF) {
    }
    scripted_server_stop(&server);
    return map == MAP_FAILED;
}

typedef struct child {
    pid_t pid;
    int in; // closing it ends the child
    char url[64];
} child;

/* log NULL: its standard error goes nowhere. */
static child start_child(const char *name, const char *log)
{
    int in[2], out[2];
    child c = {0};
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    c.pid = fork();
    if (c.pid == 0) {
        const int err = open(log != NULL ? log : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(err, 2);
        for (int fd = 3; fd < 64; fd++)
            close(fd);
        const char *const arguments[] = {name, "-m", MODEL, NULL};
        execv("/proc/self/exe", (char *const *)arguments);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    c.in = in[1];
    const ssize_t n = read(out[0], c.url, sizeof c.url - 1);
    close(out[0]);
    assert_true(n > 1);
    c.url[n - 1] = '\0';
    return c;
}

static void end_child(child *c)
{
    int status;
    close(c->in);
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
}

/* Opens the child as a given server, and checks what is the same with and without a log. */
static void check_child(const char *name, const char *log, const char *source)
{
    child c = start_child(name, log);
    arena *const keep = arena_create();
    chat_target *target;
    subject_list list;
    bench_host *host;
    sw_err err = {0};
    assert_int_equal(target_open(&target, c.url, NULL, &err), SW_OK);
    assert_int_equal(subject_list_from_server(&list, target, NULL, 0, keep, &err), SW_OK);
    assert_string_equal(list.items[0].record.name, "m");         // as the server has it
    assert_string_equal(list.items[0].record.family, "gpt-oss"); // of the file that it has open
    assert_string_equal(list.items[0].path, MODEL);
    const host_options options = {
        .subject = &list.items[0], .side = SIDE_GIVEN, .url = c.url, .clock = clock_or_system(NULL), .cancel = &GO_ON};
    assert_int_equal(host_open(&host, &options, &err), SW_OK);
    assert_false(host_is_spillway(host));
    assert_string_equal(host_record(host).software, "llama-server b9999-abcdef");
    assert_true(fact(host, FACT_N_SLOTS)->number == 3 && fact(host, FACT_N_CTX)->number == 4096);
    assert_string_equal(fact(host, FACT_SAMPLER)->text, "temperature 0.8, top_k 40");
    assert_true(fact(host, FACT_PROCESS_ID)->number == c.pid);
    assert_string_equal(fact(host, FACT_EXPERTS_VERIFIED)->text, "in RAM");
    assert_string_equal(fact(host, FACT_EXPERTS_VERIFIED)->source, source);
    assert_non_null(strstr(fact(host, FACT_EXPERTS_EVIDENCE)->text, "so not certain"));
    size_t n;
    const placement_row *const rows = host_placement(host, &n);
    assert_true(n > 0 && strcmp(rows[0].source, source) == 0 && rows[0].bytes > 0);
    host_close(host);
    target_close(target);
    arena_free(keep);
    end_child(&c);
}

/* A server of ours with two GPUs: rows of one class are one, and what is on each is a fact. */
static void test_several_gpus_are_summed_and_told_one_by_one(void **state)
{
    (void)state;
    static const char TABLE[] =
        "{\"weights\": [{\"class\": \"attention\", \"bytes\": 5, \"requested\": \"vram\", \"effective\": \"vram\", "
        "\"device\": "
        "\"cuda:0\"}, {\"class\": \"attention\", \"bytes\": 7, \"requested\": \"vram\", \"effective\": \"vram\", "
        "\"device\": "
        "\"cuda:1\"}, {\"class\": \"experts\", \"bytes\": 9, \"requested\": \"ram\", \"effective\": \"ram\"}], "
        "\"compute\": "
        "{\"device\": {\"name\": \"cuda:0,cuda:1\", \"emulated\": false}, \"devices\": [{\"name\": \"cuda:0\", "
        "\"bytes\": 8e9, "
        "\"weight_bytes\": 2e9, \"kv_bytes\": 1e9, \"buffer_bytes\": 3e8, \"cache_bytes\": 2e8}, {\"name\": "
        "\"cuda:1\", \"bytes\": 24e9, "
        "\"weight_bytes\": 0, \"kv_bytes\": 0, \"buffer_bytes\": 0, \"cache_bytes\": 0}]}, \"masked_experts\": "
        "[{\"layer\": 3, \"experts\": [0, 17]}, {\"layer\": 4, \"experts\": [2]}]}";
    arena *const keep = arena_create();
    json_t *const table = json_loads(TABLE, 0, NULL);
    placement_row *rows;
    size_t n;
    fact_list facts;
    fact_list_init(&facts, keep);
    assert_int_equal(placement_table_rows(table, keep, &rows, &n, NULL), SW_OK);
    assert_int_equal(n, 2);
    assert_int_equal(rows[0].bytes, 12);
    assert_int_equal(rows[1].bytes, 9);
    placement_table_facts(table, &facts);
    const char *bytes = "", *device = "", *masked = "";
    for (size_t i = 0; i < facts.n; i++) {
        bytes = facts.items[i].name == FACT_DEVICE_BYTES ? facts.items[i].text : bytes;
        device = facts.items[i].name == FACT_DEVICE ? facts.items[i].text : device;
        masked = facts.items[i].name == FACT_MASKED_EXPERTS ? facts.items[i].text : masked;
    }
    assert_string_equal(device, "cuda:0,cuda:1");
    assert_string_equal(masked, "layer 3: 0 17; layer 4: 2");
    assert_string_equal(bytes, "cuda:0 3.50 GB of 8.00 GB, cuda:1 0 B of 24.0 GB");
    json_decref(table);
    arena_free(keep);
}

/* Of 200 masked experts the last one is told apart, though a fact is shorter. */
static void test_a_long_mask_is_known_by_its_hash(void **state)
{
    (void)state;
    arena *const keep = arena_create();
    const char *text[2] = {"", ""};
    for (int last = 0; last < 2; last++) {
        fact_list facts;
        json_t *const table = json_pack("{s:[{s:i, s:[]}]}", "masked_experts", "layer", 3, "experts");
        json_t *const experts = json_object_get(json_array_get(json_object_get(table, "masked_experts"), 0), "experts");
        for (int e = 0; e < 200; e++)
            json_array_append_new(experts, json_integer(e < 199 ? e : 900 + last));
        fact_list_init(&facts, keep);
        placement_table_facts(table, &facts);
        for (size_t i = 0; i < facts.n; i++)
            text[last] = facts.items[i].name == FACT_MASKED_EXPERTS ? facts.items[i].text : text[last];
        assert_non_null(strstr(text[last], ": layer 3: 0 1 2 3 "));
        json_decref(table);
    }
    assert_string_not_equal(text[0], text[1]);
    arena_free(keep);
}

static void test_a_foreign_server_is_judged_by_its_log(void **state)
{
    (void)state;
    check_child("llama-server", temp_file("llama.log").s, "log");
}

static void test_without_a_log_it_is_judged_by_its_memory(void **state)
{
    (void)state;
    check_child("python3", NULL, "process"); // whatever its name is: it maps a model
}

static void test_a_process_without_a_model_has_none(void **state)
{
    (void)state;
    char path[PATH_MAX];
    assert_false(process_model_path(getpid(), path));
    assert_false(process_model_path(0x7fffffff, path));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_in_a_log_tell_where_experts_probably_are),
        cmocka_unit_test(test_rows_of_a_log_have_their_kind_and_source),
        cmocka_unit_test(test_the_memory_of_a_process_tells_less),
        cmocka_unit_test(test_several_gpus_are_summed_and_told_one_by_one),
        cmocka_unit_test(test_a_long_mask_is_known_by_its_hash),
        cmocka_unit_test(test_a_foreign_server_is_judged_by_its_log),
        cmocka_unit_test(test_without_a_log_it_is_judged_by_its_memory),
        cmocka_unit_test(test_a_process_without_a_model_has_none),
        cmocka_unit_test(test_programs_are_told_apart_by_what_only_they_answer),
        cmocka_unit_test(test_what_ollama_says_is_its_word),
        cmocka_unit_test(test_a_table_that_says_nothing_verifies_nothing),
    };
    return argc == 3 ? be_llama_server(argv[2]) : cmocka_run_group_tests(tests, NULL, NULL);
}
