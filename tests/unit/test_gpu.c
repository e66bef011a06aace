/* GPUs are read through stand-ins for NVIDIA's library and program: no machine of this project has one. */
#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "monitor/child_output.h"
#include "monitor/gpu.h"
#include "monitor/nvidia_smi.h"
#include "monitor/sample_source.h"
#include "nvml/stand_in_nvml.h"
#include "support/temp_dir.h"

#define NEWEST STAND_IN_NVML "3/libnvidia-ml.so.1"
static const double GIB = 1073741824;
enum { PID = 4242 };

/* ---- the library ------------------------------------------------------------------------------------------------- */

static void *library;
static stand_in_state *state_of_stand_in, as_loaded;

/* The library that the next gpu_open opens too, and the state that it answers from. */
static stand_in_state *load(const char *path)
{
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        fail_msg("%s", dlerror());
    state_of_stand_in = dlsym(library, "stand_in_nvml");
    as_loaded = *state_of_stand_in;
    return state_of_stand_in;
}

static void unload(void)
{
    *state_of_stand_in = as_loaded;
    dlclose(library);
}

/* A root in which processes have the machine's numbers, or a container's. */
static const char *root_of(bool is_machine)
{
    static temp_path root;
    char path[600];
    root = temp_file(is_machine ? "machine" : "container");
    static const char *const FOLDERS[] = {"", "/proc", "/proc/self", "/proc/self/ns"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s%s", root.s, FOLDERS[i]);
        mkdir(path, 0700);
    }
    strcat(path, "/pid");
    unlink(path);
    assert_int_equal(symlink(is_machine ? "pid:[4026531836]" : "pid:[4026532201]", path), 0);
    return root.s;
}

static gpu *open_gpu(const char *path, bool is_machine)
{
    gpu *const g =
        gpu_open(&(gpu_options){.pid = PID, .root = root_of(is_machine), .nvml_path = path, .clock = clock_system()});
    assert_non_null(g);
    return g;
}

static sample_values read_gpu(gpu *g)
{
    sample_values v = sample_values_none();
    gpu_read(g, &v);
    return v;
}

static void check(const sample_values *v, sample_figure figure, double wanted)
{
    const double found = v->v[figure];
    if (isnan(wanted) ? !isnan(found) : found != wanted)
        fail_msg("%s is %g, not %g", SAMPLE_FIGURE_IDS[figure].name, found, wanted);
}

static void check_note(const gpu *g, const char *part)
{
    if (part[0] == '\0' ? gpu_note(g)[0] != '\0' : strstr(gpu_note(g), part) == NULL)
        fail_msg("'%s' does not say '%s'", gpu_note(g), part);
}

static void test_a_card_gives_all_figures(void **state)
{
    (void)state;
    stand_in_state *const s = load(NEWEST);
    s->cards[0].computing[0] = (stand_in_process){PID, 2ull << 30};
    s->cards[0].computing[1] = (stand_in_process){77, 1ull << 30};
    s->cards[0].drawing[0] = (stand_in_process){PID, 2ull << 30}; // the same bytes
    gpu *const g = open_gpu(NEWEST, /*is_machine=*/true);
    const sample_values v = read_gpu(g);
    check(&v, SAMPLE_GPU_PROCESS, 2 * GIB);
    check(&v, SAMPLE_GPU_USED, 3 * GIB);
    check(&v, SAMPLE_GPU_UTILIZATION, 57);
    check(&v, SAMPLE_GPU_POWER, 215.5);
    check(&v, SAMPLE_GPU_TEMPERATURE, 66);
    check(&v, SAMPLE_GPU_CLOCK, 1980);
    check(&v, SAMPLE_GPU_MEMORY_CLOCK, 2619);
    check(&v, SAMPLE_GPU_PCIE_RX, 21e9);
    check(&v, SAMPLE_GPU_PCIE_TX, 1.2e6);
    check(&v, SAMPLE_GPU_PCIE_GENERATION, 5);
    check(&v, SAMPLE_GPU_PCIE_WIDTH, 16);
    check(&v, SAMPLE_RSS, NAN);
    assert_true(gpu_total_bytes(g) == 24 * GIB);
    assert_string_equal(gpu_name(g), "Stand-in 24GB");
    assert_string_equal(gpu_driver(g), "550.54.14");
    check_note(g, "");
    gpu_close(g);
    assert_int_equal(s->n_starts, 1);
    assert_int_equal(s->n_ends, 1);
    unload();
}

static void test_every_version_of_the_list_of_processes_is_read(void **state)
{
    (void)state;
    for (int version = 1; version <= 3; version++) {
        char path[600];
        snprintf(path, sizeof path, STAND_IN_NVML "%d/libnvidia-ml.so.1", version);
        stand_in_state *const s = load(path);
        s->cards[0].computing[0] = (stand_in_process){77, 5};
        s->cards[0].computing[1] = (stand_in_process){PID, 1000 + (unsigned)version};
        s->cards[0].computing[2] = (stand_in_process){PID, 1}; // a second instance of a card that is shared
        gpu *const g = open_gpu(path, true);
        const sample_values v = read_gpu(g);
        check(&v, SAMPLE_GPU_PROCESS, 1001 + version);
        gpu_close(g);
        unload();
    }
}

static void test_cards_are_added_and_the_hottest_counts(void **state)
{
    (void)state;
    stand_in_state *const s = load(NEWEST);
    s->n_cards = 2;
    s->cards[1] = s->cards[0];
    s->cards[1].used = 1ull << 30;
    s->cards[1].utilization = 12;
    s->cards[1].temperature = 81;
    s->cards[0].computing[0] = (stand_in_process){PID, 100};
    s->cards[1].drawing[0] = (stand_in_process){PID, 30};
    gpu *g = open_gpu(NEWEST, true);
    const sample_values v = read_gpu(g);
    check(&v, SAMPLE_GPU_PROCESS, 130);
    check(&v, SAMPLE_GPU_USED, 4 * GIB);
    check(&v, SAMPLE_GPU_UTILIZATION, 57);
    check(&v, SAMPLE_GPU_POWER, 431);
    check(&v, SAMPLE_GPU_TEMPERATURE, 81);
    assert_true(gpu_total_bytes(g) == 48 * GIB);
    assert_string_equal(gpu_name(g), "2 x Stand-in 24GB");
    gpu_close(g);
    s->cards[1].name = "Other";
    g = open_gpu(NEWEST, true);
    assert_string_equal(gpu_name(g), "Stand-in 24GB, Other");
    gpu_close(g);
    unload();
}

/* Each card has its own figures; of links the slowest is the machine's. */
static void test_cards_are_read_by_themselves(void **state)
{
    (void)state;
    stand_in_state *const s = load(NEWEST);
    s->n_cards = 2;
    s->cards[1] = s->cards[0];
    s->cards[1].name = "Other";
    s->cards[1].used = 1ull << 30;
    s->cards[1].pcie_received_kb = 4000;
    s->cards[1].pcie_generation = 3;
    s->cards[1].pcie_width = 8;
    gpu *const g = open_gpu(NEWEST, true);
    const sample_values v = read_gpu(g);
    check(&v, SAMPLE_GPU_PCIE_RX, 21e9 + 4e6);
    check(&v, SAMPLE_GPU_PCIE_GENERATION, 3);
    check(&v, SAMPLE_GPU_PCIE_WIDTH, 8);
    assert_int_equal(gpu_n_cards(g), 2);
    assert_string_equal(gpu_card_name(g, 1), "Other");
    assert_true(gpu_card_at(g, 0)->used_bytes == 3 * GIB && gpu_card_at(g, 1)->used_bytes == GIB);
    assert_true(gpu_card_at(g, 0)->pcie_rx_bps == 21e9 && gpu_card_at(g, 1)->pcie_rx_bps == 4e6);
    gpu_close(g);
    unload();
}

/* The driver takes 20 ms for each counter. */
static void test_counters_of_traffic_are_asked_for_by_turns(void **state)
{
    (void)state;
    stand_in_state *const s = load(NEWEST);
    s->n_cards = 3;
    s->cards[1] = s->cards[2] = s->cards[0];
    gpu *const g = open_gpu(NEWEST, true); // asks for all six, once
    for (int i = 0; i < 3; i++)
        s->cards[i].pcie_sent_kb = s->cards[i].pcie_received_kb = 7;
    sample_values v;
    for (int round = 1; round <= 6; round++) {
        const unsigned before = s->cards[0].n_asked + s->cards[1].n_asked + s->cards[2].n_asked;
        v = read_gpu(g);
        assert_int_equal(s->cards[0].n_asked + s->cards[1].n_asked + s->cards[2].n_asked, before + 1);
    }
    check(&v, SAMPLE_GPU_PCIE_RX, 3 * 7000);
    check(&v, SAMPLE_GPU_PCIE_TX, 3 * 7000);
    gpu_close(g);
    unload();
}

static void test_a_card_without_counters_has_the_other_figures(void **state)
{
    (void)state;
    stand_in_state *const s = load(NEWEST);
    s->n_cards = 2;
    s->cards[1] = s->cards[0];
    s->cards[1].pcie_status = STAND_IN_NOT_SUPPORTED;
    gpu *const g = open_gpu(NEWEST, true);
    const sample_values v = read_gpu(g);
    check(&v, SAMPLE_GPU_PCIE_RX, 21e9); // of the other
    check(&v, SAMPLE_GPU_PCIE_WIDTH, 16);
    assert_true(isnan(gpu_card_at(g, 1)->pcie_rx_bps) && gpu_card_at(g, 1)->pcie_width == 16);
    check_note(g, "GPU 1: PCIe traffic: Not Supported (3)");
    gpu_close(g);
    unload();
}

static void test_a_process_that_is_not_listed_uses_nothing_unless_it_has_another_number(void **state)
{
    (void)state;
    stand_in_state *const s = load(NEWEST);
    s->cards[0].computing[0] = (stand_in_process){77, 5};
    for (int is_machine = 0; is_machine < 2; is_machine++) {
        gpu *const g = open_gpu(NEWEST, is_machine);
        const sample_values v = read_gpu(g);
        check(&v, SAMPLE_GPU_PROCESS, is_machine ? 0 : NAN);
        gpu_close(g);
    }
    unload();
}

/* A card that is divided, shared or not ours has some figures and not others. */
static void test_a_figure_that_is_refused_is_unknown_and_the_others_are_read(void **state)
{
    (void)state;
    stand_in_state *const s = load(NEWEST);
    s->cards[0].utilization_status = STAND_IN_NOT_SUPPORTED; // as with MIG
    s->cards[0].process_status = STAND_IN_NO_PERMISSION;
    gpu *g = open_gpu(NEWEST, true);
    sample_values v = read_gpu(g);
    check(&v, SAMPLE_GPU_UTILIZATION, NAN);
    check(&v, SAMPLE_GPU_PROCESS, NAN);
    check(&v, SAMPLE_GPU_USED, 3 * GIB);
    check(&v, SAMPLE_GPU_POWER, 215.5);
    check_note(g, "GPU 0: processes: Insufficient Permissions (4)");
    gpu_close(g);
    s->cards[0].process_status = 0;
    s->cards[0].computing[0] = (stand_in_process){PID, ULLONG_MAX}; // not told
    g = open_gpu(NEWEST, true);
    v = read_gpu(g);
    check(&v, SAMPLE_GPU_PROCESS, NAN);
    check_note(g, "GPU 0: utilization: Not Supported (3)");
    gpu_close(g);
    unload();
}

static void test_a_card_that_is_lost_gives_nothing_from_then_on(void **state)
{
    (void)state;
    stand_in_state *const s = load(NEWEST);
    s->n_cards = 2;
    s->cards[1] = s->cards[0];
    gpu *g = open_gpu(NEWEST, true);
    s->cards[0].status = STAND_IN_GPU_IS_LOST;
    sample_values v = read_gpu(g);
    check(&v, SAMPLE_GPU_USED, 3 * GIB); // of the other
    s->cards[1].status = STAND_IN_GPU_IS_LOST;
    v = read_gpu(g);
    for (sample_figure f = 0; f < N_SAMPLE_FIGURES; f++)
        check(&v, f, NAN);
    gpu_close(g);
    s->cards[0].open_status = STAND_IN_GPU_IS_LOST; // before it is opened
    s->cards[1].status = 0;
    g = open_gpu(NEWEST, true);
    check_note(g, "GPU 0 cannot be opened: GPU is lost (15)");
    v = read_gpu(g);
    check(&v, SAMPLE_GPU_USED, 3 * GIB);
    gpu_close(g);
    unload();
}

static void test_more_cards_than_there_is_room_for_are_not_read(void **state)
{
    (void)state;
    stand_in_state *const s = load(NEWEST);
    s->n_cards = STAND_IN_CARDS;
    for (int i = 1; i < STAND_IN_CARDS; i++)
        s->cards[i] = s->cards[0];
    gpu *const g = open_gpu(NEWEST, true);
    const sample_values v = read_gpu(g);
    check(&v, SAMPLE_GPU_USED, GPU_CARDS_MAX * 3 * GIB);
    gpu_close(g);
    unload();
}

/* ---- no library -------------------------------------------------------------------------------------------------- */

/* Puts a program nvidia-smi into a folder, which is all that PATH then has; NULL: none. */
static void set_program(const char *script)
{
    static int n;
    char name[32], path[600];
    snprintf(name, sizeof name, "path%d", n++);
    const temp_path folder = temp_file(name);
    mkdir(folder.s, 0700);
    setenv("PATH", folder.s, 1);
    if (script == NULL)
        return;
    snprintf(path, sizeof path, "%s/nvidia-smi", folder.s);
    temp_write(path, script, strlen(script));
    chmod(path, 0700);
}

static void test_without_library_and_program_the_note_says_why(void **state)
{
    (void)state;
    static const struct {
        int init_status, count_status;
        unsigned n_cards;
        const char *note;
    } ROWS[] = {
        {STAND_IN_DRIVER_NOT_LOADED, 0, 1, "NVML cannot start: Driver Not Loaded (9)"},
        {STAND_IN_MISMATCH, 0, 1, "NVML cannot start: Driver/library version mismatch (18)"},
        {STAND_IN_NO_PERMISSION, 0, 1, "NVML cannot start: Insufficient Permissions (4)"},
        {999, 0, 1, "NVML cannot start: unknown error (999)"},
        {0, 999, 1, "NVML cannot count GPUs: unknown error (999)"},
        {0, 0, 0, "NVML finds no GPU; nvidia-smi cannot be run: No such file or directory"},
    };
    set_program(NULL);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        stand_in_state *const s = load(NEWEST);
        s->init_status = ROWS[i].init_status;
        s->count_status = ROWS[i].count_status;
        s->n_cards = ROWS[i].n_cards;
        gpu *const g = open_gpu(NEWEST, true);
        check_note(g, ROWS[i].note);
        const sample_values v = read_gpu(g);
        check(&v, SAMPLE_GPU_USED, NAN);
        assert_string_equal(gpu_name(g), "");
        assert_string_equal(gpu_driver(g), "");
        assert_true(isnan(gpu_total_bytes(g)));
        gpu_close(g);
        unload();
    }
    gpu *g = open_gpu(STAND_IN_NVML "0/libnvidia-ml.so.1", true);
    check_note(g, "NVML is too old");
    gpu_close(g);
    g = open_gpu("/no/such/library.so", true);
    check_note(g, "NVML cannot be opened: /no/such/library.so");
    gpu_close(g);
    g = open_gpu("", true);
    check_note(g, "not looked for");
    gpu_close(g);
}

static const char PROGRAM[] =
    "#!/bin/sh\n"
    "case \"$1\" in\n"
    "--query-gpu=*) echo 'Card A, 535.104.05, 8192, 2048, 40, 71.25, 55, 1500, 5001'\n"
    "               echo 'Card B, 535.104.05, [N/A], 1024, [N/A], [Not Supported], 61, 300, 405';;\n"
    "--query-compute-apps=*) echo '77, 100'; echo '4242, 512'; echo '4242, 256';;\n"
    "esac\n";

static void test_the_program_is_asked_where_the_library_is_missing(void **state)
{
    (void)state;
    set_program(PROGRAM);
    gpu *const g = open_gpu("/no/such/library.so", true);
    const sample_values v = read_gpu(g);
    check(&v, SAMPLE_GPU_PROCESS, 0.75 * GIB);
    check(&v, SAMPLE_GPU_USED, 3 * GIB);
    check(&v, SAMPLE_GPU_UTILIZATION, 40);
    check(&v, SAMPLE_GPU_POWER, 71.25);
    check(&v, SAMPLE_GPU_TEMPERATURE, 61);
    check(&v, SAMPLE_GPU_CLOCK, 1500);
    check(&v, SAMPLE_GPU_MEMORY_CLOCK, 5001);
    assert_true(isnan(gpu_total_bytes(g))); // one of the cards does not tell
    assert_string_equal(gpu_name(g), "Card A, Card B");
    assert_string_equal(gpu_driver(g), "535.104.05");
    check_note(g, "NVML cannot be opened");
    gpu_close(g);
}

/* A clock that a test moves while real programs run: sleeping waits a real moment and lets little time pass. */
typedef struct slow_clock {
    sw_clock clock;
    uint64_t now_ns, step_ns;
} slow_clock;

static uint64_t slow_now(void *ud)
{
    return ((slow_clock *)ud)->now_ns;
}

static void slow_sleep(void *ud, uint64_t ns)
{
    (void)ns;
    usleep(2000);
    ((slow_clock *)ud)->now_ns += ((slow_clock *)ud)->step_ns;
}

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Lets a second pass, in which the program is asked once, and waits for its answer: MiB in use and of the process. */
static void poll_until(nvidia_smi *s, slow_clock *clock, double used_mib, double process_mib)
{
    gpu_card c;
    clock->now_ns += 1000000000;
    for (int i = 0; i < 5000; i++) {
        nvidia_smi_poll(s);
        c = nvidia_smi_read(s, 0);
        if (is_same(c.used_bytes, used_mib * 1048576) && is_same(c.process_bytes, process_mib * 1048576))
            return;
        usleep(2000);
    }
    fail_msg("%g and %g bytes, not %g and %g MiB", c.used_bytes, c.process_bytes, used_mib, process_mib);
}

static void test_the_program_is_asked_again_every_second_in_turns(void **state)
{
    (void)state;
    char note[GPU_NOTE_BYTES] = "";
    slow_clock clock = {.clock = {.ud = &clock, .now_ns = slow_now, .sleep_ns = slow_sleep}};
    set_program(PROGRAM);
    nvidia_smi *const s = nvidia_smi_open(&clock.clock, PID, true, note);
    assert_non_null(s);
    set_program("#!/bin/sh\ncase $1 in --query-gpu=*) echo 'A, 1, 44, 4, 5, 6, 7, 8, 9'; echo 'B, 1, 44, 4, 5, 6, 7, "
                "8, 9';; *) "
                "echo '4242, 1';; esac\n");
    poll_until(s, &clock, 4, 768);
    poll_until(s, &clock, 4, 1);
    set_program("#!/bin/sh\nexit 9\n"); // the driver is gone: nothing is known, and nothing old is shown
    poll_until(s, &clock, NAN, 1);
    poll_until(s, &clock, NAN, NAN);
    nvidia_smi_close(s);
}

static void test_a_program_that_fails_floods_or_hangs_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *script, *note;
    } ROWS[] = {
        {"#!/bin/sh\necho 'NVIDIA-SMI has failed because no driver answers.'\nexit 9\n",
         "nvidia-smi: NVIDIA-SMI has failed because no driver answers."},
        {"#!/bin/sh\nexit 12\n", "nvidia-smi ended with code 12"},
        {"#!/bin/sh\necho 'No devices were found'\n", "nvidia-smi: No devices were found"},
        {"#!/bin/sh\nwhile :; do echo 0123456789012345678901234567890123456789; done\n", "nvidia-smi does not answer"},
        {"#!/bin/sh\nexec /bin/sleep 1000\n", "nvidia-smi does not answer within 5 s"},
        {"#!/bin/sh\nexec >&-; exec /bin/sleep 1000\n", "nvidia-smi does not answer within 5 s"},
        {"not a program", "nvidia-smi"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        char note[GPU_NOTE_BYTES] = "";
        slow_clock clock = {.clock = {.ud = &clock, .now_ns = slow_now, .sleep_ns = slow_sleep}, .step_ns = 20000000};
        set_program(ROWS[i].script);
        assert_null(nvidia_smi_open(&clock.clock, PID, true, note));
        if (strstr(note, ROWS[i].note) == NULL)
            fail_msg("'%s' does not say '%s'", note, ROWS[i].note);
    }
}

static void test_answers_that_are_none_have_no_cards(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "",
        "\n",
        "A",
        "A, 1, 2, 3, 4, 5, 6, 7",
        "A, 1, 2, 3, 4, 5, 6, 7, 8, 9\n",
        "A, 1, 2, 3, 4, 5, 6, 7, 8\nB\n",
        ",,,,,,,\n",
    };
    gpu_card cards[GPU_CARDS_MAX];
    char names[GPU_CARDS_MAX][GPU_TEXT_BYTES], driver[GPU_TEXT_BYTES];
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++)
        assert_int_equal(nvidia_smi_cards_of(TEXTS[i], cards, names, driver), 0);
    assert_int_equal(nvidia_smi_cards_of("A, 1, [N/A], -2, x, 1e3, , 6, ERR!", cards, names, driver), 1);
    assert_true(isnan(cards[0].total_bytes));
    assert_int_equal(nvidia_smi_cards_of("A, 1, 24, 2, 3, 4, 5, 6, 7", cards + 1, names + 1, driver), 1);
    assert_true(cards[1].total_bytes == 24 * 1048576.0 && cards[1].used_bytes == 2 * 1048576.0);
    assert_true(isnan(cards[0].used_bytes) && isnan(cards[0].utilization_pct) && isnan(cards[0].power_w));
    assert_true(isnan(cards[0].temperature_c) && cards[0].clock_mhz == 6 && isnan(cards[0].memory_clock_mhz));
    assert_true(nvidia_smi_process_of("4242, 1\n\n,\n4242\n4242, 2, 3\n42424, 9\n", 4242, NAN) == 3 * 1048576);
    assert_true(isnan(nvidia_smi_process_of("4242, [N/A]\n", 4242, 0)));
    assert_true(nvidia_smi_process_of("[Insufficient Permissions]\n", 4242, 0) == 0);
}

/* ---- a source with a GPU ----------------------------------------------------------------------------------------- */

static void test_samples_have_the_figures_of_the_gpu(void **state)
{
    (void)state;
    sample_source *source;
    sample_values v;
    load(NEWEST);
    assert_int_equal(sample_source_open(&source, &(sample_source_options){.pid = getpid(), .nvml_path = NEWEST}, NULL),
                     SW_OK);
    assert_true(sample_source_read(source, &v));
    check(&v, SAMPLE_GPU_USED, 3 * GIB);
    assert_true(v.v[SAMPLE_RSS] > 0);
    assert_string_equal(sample_source_gpu_name(source), "Stand-in 24GB");
    assert_string_equal(sample_source_gpu_driver(source), "550.54.14");
    assert_string_equal(sample_source_gpu_note(source), "");
    sample_source_close(source);
    unload();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_card_gives_all_figures),
        cmocka_unit_test(test_every_version_of_the_list_of_processes_is_read),
        cmocka_unit_test(test_cards_are_added_and_the_hottest_counts),
        cmocka_unit_test(test_cards_are_read_by_themselves),
        cmocka_unit_test(test_counters_of_traffic_are_asked_for_by_turns),
        cmocka_unit_test(test_a_card_without_counters_has_the_other_figures),
        cmocka_unit_test(test_a_process_that_is_not_listed_uses_nothing_unless_it_has_another_number),
        cmocka_unit_test(test_a_figure_that_is_refused_is_unknown_and_the_others_are_read),
        cmocka_unit_test(test_a_card_that_is_lost_gives_nothing_from_then_on),
        cmocka_unit_test(test_more_cards_than_there_is_room_for_are_not_read),
        cmocka_unit_test(test_without_library_and_program_the_note_says_why),
        cmocka_unit_test(test_the_program_is_asked_where_the_library_is_missing),
        cmocka_unit_test(test_the_program_is_asked_again_every_second_in_turns),
        cmocka_unit_test(test_a_program_that_fails_floods_or_hangs_is_named),
        cmocka_unit_test(test_answers_that_are_none_have_no_cards),
        cmocka_unit_test(test_samples_have_the_figures_of_the_gpu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
