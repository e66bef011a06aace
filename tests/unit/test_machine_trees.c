/* What a machine gives is read to the byte, whatever kind of machine it is; what it does not give, or writes in another
 * form, is unknown. */
#include <fcntl.h>
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

#include "monitor/page_cache.h"
#include "monitor/sample_source.h"
#include "support/temp_dir.h"

#define TREES SPILLWAY_TEST_DATA "/machines/"
#define KIB   1024.0
enum { PID = 4242, PAGE_BYTES = 4096 };

/* ---- recorded machines ------------------------------------------------------------------------------------------- */

/* All that a tree gives, in any order; a line without a unit of its own is as SAMPLE_FIGURES says. */
typedef struct expected {
    sample_figure figure;
    double value;
} expected;

typedef struct tree {
    const char *name;
    expected values[N_SAMPLE_FIGURES];
} tree;

#define END                                                                                                            \
    {                                                                                                                  \
        N_SAMPLE_FIGURES, 0                                                                                            \
    }
static const tree MACHINES[] = {
    {"laptop",
     {
         {SAMPLE_PRIVATE, (2097152 + 524288) * KIB},
         {SAMPLE_SWAP, 524288 * KIB},
         {SAMPLE_RSS, 10485760 * KIB},
         {SAMPLE_PEAK_RSS, 11010048 * KIB},
         {SAMPLE_FILE_RSS, 8388608 * KIB},
         {SAMPLE_MAJOR_FAULTS, 1234},
         {SAMPLE_MINOR_FAULTS, 812345},
         {SAMPLE_SERVER_CPU, 945},
         {SAMPLE_CLIENT_CPU, 2},
         {SAMPLE_MACHINE_CPU, (10000 + 100 + 1400 + 34) / 100.0}, // without idle and waiting cores
         {SAMPLE_FREQUENCY, 3650},                                // cpufreq, not /proc/cpuinfo
         {SAMPLE_TEMPERATURE, 91},                                // not that of the disk or the case
         {SAMPLE_THROTTLED, 5 + 3 + 0 + 40}, // once for two threads of a core, once for the package
         {SAMPLE_READ, 12884901888},
         {SAMPLE_WRITTEN, 4096},
         {SAMPLE_AVAILABLE, 9437184 * KIB},
         {SAMPLE_CGROUP, 3221225472},
         {SAMPLE_CGROUP_OOM, 0},
         {SAMPLE_PSI_CPU, 1.5},
         {SAMPLE_PSI_MEMORY, 0.25},
         {SAMPLE_PSI_IO, 12},
         END,
     }},
    {"server",
     {
         {SAMPLE_PRIVATE, 50331648 * KIB},
         {SAMPLE_SWAP, 0},
         {SAMPLE_RSS, 52428800 * KIB},
         {SAMPLE_PEAK_RSS, 60817408 * KIB},
         {SAMPLE_FILE_RSS, 2097152 * KIB},
         {SAMPLE_MAJOR_FAULTS, 0},
         {SAMPLE_MINOR_FAULTS, 5000000},
         {SAMPLE_SERVER_CPU, 75600},
         {SAMPLE_CLIENT_CPU, 0.2},
         {SAMPLE_MACHINE_CPU, 8 * (10000 + 500 + 3 + 4 + 5) / 100.0}, // guests are part of the first figure
         {SAMPLE_FREQUENCY, 3000},
         {SAMPLE_TEMPERATURE, 66.25}, // the hotter package
         {SAMPLE_THROTTLED, 0 + 1 + 0 + 4 + 2 + 7},
         {SAMPLE_AVAILABLE, 419430400 * KIB},
         {SAMPLE_PSI_CPU, 88.13},
         {SAMPLE_PSI_MEMORY, 0},
         {SAMPLE_PSI_IO, 0},
         END,
     }},
    {"cgroup-v1",
     {
         {SAMPLE_PRIVATE, 1048576 * KIB},
         {SAMPLE_SWAP, 0},
         {SAMPLE_RSS, 2097152 * KIB},
         {SAMPLE_PEAK_RSS, 2097152 * KIB},
         {SAMPLE_FILE_RSS, 1048576 * KIB},
         {SAMPLE_MAJOR_FAULTS, 2},
         {SAMPLE_MINOR_FAULTS, 1},
         {SAMPLE_SERVER_CPU, 0.07},
         {SAMPLE_CLIENT_CPU, 0},
         {SAMPLE_MACHINE_CPU, (1 + 2 + 3 + 6 + 7 + 8) / 100.0},
         {SAMPLE_READ, 0},
         {SAMPLE_WRITTEN, 0},
         {SAMPLE_AVAILABLE, 8192000 * KIB},
         {SAMPLE_CGROUP, 2147483648},
         {SAMPLE_CGROUP_LIMIT, 4294967296}, // of the group above
         {SAMPLE_CGROUP_OOM, 3},
         END,
     }},
    {"cgroup-v2",
     {
         {SAMPLE_PRIVATE, (3145728 + 1024) * KIB},
         {SAMPLE_SWAP, 1024 * KIB},
         {SAMPLE_RSS, 4194304 * KIB},
         {SAMPLE_PEAK_RSS, 4194304 * KIB},
         {SAMPLE_FILE_RSS, 1048576 * KIB},
         {SAMPLE_MAJOR_FAULTS, 7},
         {SAMPLE_MINOR_FAULTS, 100},
         {SAMPLE_SERVER_CPU, 26.25},
         {SAMPLE_CLIENT_CPU, 0.03},
         {SAMPLE_MACHINE_CPU, 5},
         {SAMPLE_FREQUENCY, 2100},
         {SAMPLE_TEMPERATURE, 48.123}, // the zone of the processor
         {SAMPLE_READ, 8192},
         {SAMPLE_WRITTEN, 16384},
         {SAMPLE_AVAILABLE, 32768000 * KIB},
         {SAMPLE_CGROUP, 4295000064},
         {SAMPLE_CGROUP_LIMIT, 8589934592},
         {SAMPLE_CGROUP_OOM, 2},
         {SAMPLE_PSI_CPU, 0.1}, // of the group, not of the machine
         {SAMPLE_PSI_MEMORY, 34.56},
         {SAMPLE_PSI_IO, 7},
         END,
     }},
    {"vm-without-sensors",
     {
         {SAMPLE_PRIVATE, 262144 * KIB},
         {SAMPLE_SWAP, 0},
         {SAMPLE_RSS, 524288 * KIB},
         {SAMPLE_PEAK_RSS, 600000 * KIB},
         {SAMPLE_FILE_RSS, 262144 * KIB},
         {SAMPLE_MAJOR_FAULTS, 0},
         {SAMPLE_MINOR_FAULTS, 10},
         {SAMPLE_SERVER_CPU, 0.02},
         {SAMPLE_CLIENT_CPU, 0.07},
         {SAMPLE_MACHINE_CPU, (50 + 50 + 33) / 100.0}, // what the hypervisor gave to others is not free
         {SAMPLE_FREQUENCY, 2598.5},
         {SAMPLE_AVAILABLE, 2048000 * KIB},
         END,
     }},
};

static sample_source *open_below(const char *root, long pid)
{
    sample_source *source;
    const sample_source_options o = {.pid = pid, .root = root, .nvml_path = ""};
    assert_int_equal(sample_source_open(&source, &o, NULL), SW_OK);
    return source;
}

static void check_figure(const char *machine, sample_figure figure, double found, double wanted)
{
    const bool is_equal = isnan(wanted) ? isnan(found) : fabs(found - wanted) <= 1e-9 * fabs(wanted);
    if (!is_equal)
        fail_msg("%s: %s is %.10g, not %.10g", machine, SAMPLE_FIGURE_IDS[figure].name, found, wanted);
}

static void check_machine(const tree *t)
{
    char root[512];
    sample_values found, wanted = sample_values_none();
    snprintf(root, sizeof root, TREES "%s", t->name);
    for (const expected *e = t->values; e->figure != N_SAMPLE_FIGURES; e++)
        wanted.v[e->figure] = e->value;
    sample_source *const source = open_below(root, PID);
    for (int i = 0; i < 2; i++) { // the second reading has the slow figures from the first
        assert_true(sample_source_read(source, &found));
        for (sample_figure f = 0; f < N_SAMPLE_FIGURES; f++)
            check_figure(t->name, f, found.v[f], wanted.v[f]);
    }
    sample_source_close(source);
}

static void test_each_machine_gives_what_its_files_hold_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof MACHINES / sizeof MACHINES[0]; i++)
        check_machine(&MACHINES[i]);
}

static void test_without_a_process_the_machine_alone_is_read(void **state)
{
    (void)state;
    sample_values found;
    sample_source *const source = open_below(TREES "cgroup-v2", 0);
    assert_true(sample_source_read(source, &found));
    check_figure("alone", SAMPLE_AVAILABLE, found.v[SAMPLE_AVAILABLE], 32768000 * KIB);
    check_figure("alone", SAMPLE_PSI_CPU, found.v[SAMPLE_PSI_CPU], 50);
    check_figure("alone", SAMPLE_RSS, found.v[SAMPLE_RSS], NAN);
    check_figure("alone", SAMPLE_CGROUP, found.v[SAMPLE_CGROUP], NAN);
    sample_source_close(source);
}

static void test_a_process_that_is_not_there_is_not_read(void **state)
{
    (void)state;
    sample_values found;
    sample_source *source = open_below(TREES "laptop", 1);
    assert_false(sample_source_read(source, &found));
    sample_source_close(source);
    source = open_below(TREES "there-is-no-such-machine", PID);
    assert_false(sample_source_read(source, &found));
    sample_source_close(source);
}

/* ---- damaged and hostile files ----------------------------------------------------------------------------------- */

#define STAT_PATH "proc/4242/stat"
#define CPUS      "sys/devices/system/cpu/cpu0/"

/* A small machine, of which a test damages one file at a time. */
static const struct {
    const char *path, *text;
} TREE[] = {
    {"proc/4242/status",
     "Name:\tx\nVmHWM:\t 30 kB\nVmRSS:\t 20 kB\nRssAnon:\t 10 kB\nRssFile:\t 10 kB\nVmSwap:\t 2 kB\n"},
    {STAT_PATH, "4242 (x) S 1 1 1 0 -1 4194304 70 0 8 0 300 100 0 0 20 0 9 0 1 2 3\n"},
    {"proc/4242/io", "read_bytes: 5\nwrite_bytes: 6\n"},
    {"proc/4242/cgroup", "0::/a\n"},
    {"proc/self/mountinfo", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"},
    {"proc/stat", "cpu  1 2 3 4 5 6 7 8 9 10\n"},
    {"proc/meminfo", "MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable: 7 kB\n"},
    {"sys/fs/cgroup/a/memory.current", "4096\n"},
    {"sys/fs/cgroup/a/memory.max", "8192\n"},
    {"sys/fs/cgroup/a/memory.events", "oom_kill 1\n"},
    {"proc/pressure/memory", "some avg10=2.50 avg60=0.00 avg300=0.00 total=1\n"},
    {"sys/class/hwmon/hwmon0/name", "coretemp\n"},
    {"sys/class/hwmon/hwmon0/temp1_input", "50000\n"},
    {"proc/cpuinfo", "cpu MHz\t\t: 1000.000\n"},
    {CPUS "thermal_throttle/core_throttle_count", "3\n"},
};

static const char *tree_root;

static const char *full_path(const char *path)
{
    static char full[1200];
    snprintf(full, sizeof full, "%s/%s", tree_root, path);
    return full;
}

/* Writes a file of the tree, and the folders above it. */
static void put_bytes(const char *path, const void *data, size_t n)
{
    char full[1200];
    snprintf(full, sizeof full, "%s", full_path(path));
    for (char *p = full + strlen(tree_root) + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
        *p = '\0';
        mkdir(full, 0700);
    }
    temp_write(full, data, n);
}

static void put(const char *path, const char *text)
{
    put_bytes(path, text, strlen(text));
}

/* The file is again as in TREE, or absent. */
static void restore(const char *path)
{
    remove(full_path(path));
    for (size_t i = 0; i < sizeof TREE / sizeof TREE[0]; i++) {
        if (strcmp(TREE[i].path, path) == 0)
            put(path, TREE[i].text);
    }
}

static void begin_tree(void)
{
    static temp_path root;
    root = temp_file("tree");
    tree_root = root.s;
    mkdir(tree_root, 0700);
    for (size_t i = 0; i < sizeof TREE / sizeof TREE[0]; i++)
        restore(TREE[i].path);
}

/* Reads the tree once; false: the process cannot be read. */
static bool read_tree(sample_values *out)
{
    sample_source *const source = open_below(tree_root, PID);
    const bool is_read = sample_source_read(source, out);
    sample_source_close(source);
    return is_read;
}

#define STAT_PATH "proc/4242/stat"
#define CPUS      "sys/devices/system/cpu/cpu0/"

typedef struct damage {
    const char *path, *text;
    sample_figure figure;
    double value; // of the figure then
} damage;

static const damage DAMAGES[] = {
    // cut where it hurts: a part of a number is not a number
    {"proc/4242/status", "VmRSS:\t 20 kB\nRssAnon:\t 10 kB\nVmSwap:\t 2", SAMPLE_PRIVATE, NAN},
    {"proc/4242/status", "VmRSS:\t 20 kB\nRssAnon:\t 10 kB\nVmSwap:\t 2 k", SAMPLE_PRIVATE, NAN},
    {"proc/4242/io", "read_bytes: 5", SAMPLE_READ, NAN},
    {"proc/4242/io", "", SAMPLE_READ, NAN},
    {"proc/stat", "cpu  1 2 3 4 5 6 7", SAMPLE_MACHINE_CPU, NAN},
    {"proc/meminfo", "MemTotal: 9 kB\nMemAvail", SAMPLE_AVAILABLE, NAN},
    {"sys/class/hwmon/hwmon0/temp1_input", "500", SAMPLE_TEMPERATURE, NAN},
    // numbers that are none, or cannot be
    {"proc/4242/io", "read_bytes: 99999999999999999999999999\n", SAMPLE_READ, NAN},
    {"proc/4242/io", "read_bytes: 999999999999999999\n", SAMPLE_READ, 999999999999999999.0},
    {"proc/4242/io", "read_bytes: -5\n", SAMPLE_READ, NAN},
    {"proc/4242/io", "read_bytes: 0x10\n", SAMPLE_READ, NAN},
    {"proc/4242/io", "read_bytes: nan\n", SAMPLE_READ, NAN},
    {"proc/4242/io", "read_bytes:\n5\n", SAMPLE_READ, NAN},
    {"proc/4242/io", "cancelled_read_bytes: 1\nread_bytes: 7\n", SAMPLE_READ, 7},
    {"proc/stat", "cpu  1 2 3 4 5 6 7 -8 9 10\n", SAMPLE_MACHINE_CPU, NAN},
    {"proc/stat", "cpu0 1 2 3 4 5 6 7 8 9 10\n", SAMPLE_MACHINE_CPU, NAN},
    {"proc/meminfo", "MemAvailable: 7 MB\n", SAMPLE_AVAILABLE, NAN},
    {"proc/meminfo", "MemAvailable: 7 kBytes\n", SAMPLE_AVAILABLE, NAN},
    {"sys/fs/cgroup/a/memory.current", "max\n", SAMPLE_CGROUP, NAN},
    {"sys/fs/cgroup/a/memory.current", "-1\n", SAMPLE_CGROUP, NAN},
    {"sys/fs/cgroup/a/memory.max", "max\n", SAMPLE_CGROUP_LIMIT, NAN},
    {"sys/fs/cgroup/a/memory.events", "oom_kill_group 5\noom_kill one\n", SAMPLE_CGROUP_OOM, NAN},
    {"proc/pressure/memory", "some avg10=100.01 avg60=0.00\n", SAMPLE_PSI_MEMORY, NAN},
    {"proc/pressure/memory", "some avg10=-1.00 avg60=0.00\n", SAMPLE_PSI_MEMORY, NAN},
    {"proc/pressure/memory", "full avg10=1.00 avg60=0.00\n", SAMPLE_PSI_MEMORY, NAN},
    {"proc/pressure/memory", "some avg10=1. avg60=0.00\n", SAMPLE_PSI_MEMORY, NAN},
    {"sys/class/hwmon/hwmon0/temp1_input", "-12500\n", SAMPLE_TEMPERATURE, -12.5},
    {"sys/class/hwmon/hwmon0/temp1_input", "2147483647\n", SAMPLE_TEMPERATURE, NAN},
    {"sys/class/hwmon/hwmon0/name", "coretemp2\n", SAMPLE_TEMPERATURE, NAN},
    {"proc/cpuinfo", "cpu MHz\t\t: 0.000\ncpu MHz\t\t: 2e9\ncpu MHz\t: 1500.500\n", SAMPLE_FREQUENCY, 1500.5},
    {CPUS "cpufreq/scaling_cur_freq", "<unknown>\n", SAMPLE_FREQUENCY, NAN},
    {"sys/devices/system/cpu/cpu7/cpufreq/scaling_cur_freq", "1234000\n", SAMPLE_FREQUENCY, 1234}, // others are off
    {CPUS "thermal_throttle/core_throttle_count", "many\n", SAMPLE_THROTTLED, NAN},
    // names are the process's own choice
    {STAT_PATH, "4242 (a) R 9 9 9 (b) S 1 1 1 0 -1 4 70 0 8 0 300 100 0\n", SAMPLE_SERVER_CPU, 4},
    {STAT_PATH, "4242 (x\n) Z\n) S 1 1 1 0 -1 4 70 0 9 0 300 100 0\n", SAMPLE_MAJOR_FAULTS, 9},
    {STAT_PATH, "4242 ()))) S 1 1 1 0 -1 4 71 0 9 0 300 100 0\n", SAMPLE_MINOR_FAULTS, 71},
    {"proc/4242/status", "Name:\tVmRSS: 9 kB\\nVmRSS:\t9 kB\nVmRSS:\t20 kB\n", SAMPLE_RSS, 20 * KIB},
    // groups that are not where they say
    {"proc/4242/cgroup", "0::/../../etc\n", SAMPLE_CGROUP, NAN},
    {"proc/4242/cgroup", "0::/b\n", SAMPLE_CGROUP, NAN},
    {"proc/4242/cgroup", "x\n:\n::\n0:/a\n", SAMPLE_CGROUP, NAN},
    {"proc/self/mountinfo", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2\n", SAMPLE_CGROUP, NAN},
};

static void test_a_figure_in_another_form_is_unknown(void **state)
{
    (void)state;
    begin_tree();
    for (size_t i = 0; i < sizeof DAMAGES / sizeof DAMAGES[0]; i++) {
        const damage *const d = &DAMAGES[i];
        sample_values found;
        put(d->path, d->text);
        if (!read_tree(&found))
            fail_msg("%s: '%s' hides the process", d->path, d->text);
        check_figure(d->text, d->figure, found.v[d->figure], d->value);
        restore(d->path);
    }
}

/* Without these files, or when they say that it has ended, there is no process to read. */
static const damage ENDED[] = {
    {"proc/4242/status", "Name:\tx\nState:\tS (sleeping)\n", 0, 0},
    {"proc/4242/status", "VmRSS:\t 20 kB", 0, 0},
    {"proc/4242/status", "", 0, 0},
    {STAT_PATH, "4242 (x) Z 1 1 1 0 -1 4 70 0 8 0 300 100 0\n", 0, 0},
    {STAT_PATH, "4242 (x) X 1 1 1 0 -1 4 70 0 8 0 300 100 0\n", 0, 0},
    {STAT_PATH, "4242 (x) S 1 1 1 0 -1 4 70 0 8 0 300 100", 0, 0},
    {STAT_PATH, "4242 (x) S 1 1 1 0 -1 4 70 0 8 0 -300 100 0\n", 0, 0},
    {STAT_PATH, "4242 (x", 0, 0},
    {STAT_PATH, ")", 0, 0},
    {STAT_PATH, ") S", 0, 0},
    {STAT_PATH, "", 0, 0},
};

static void test_a_process_without_memory_has_ended(void **state)
{
    (void)state;
    begin_tree();
    for (size_t i = 0; i < sizeof ENDED / sizeof ENDED[0]; i++) {
        sample_values found;
        assert_true(read_tree(&found));
        put(ENDED[i].path, ENDED[i].text);
        if (read_tree(&found))
            fail_msg("%s: '%s' is read as a process", ENDED[i].path, ENDED[i].text);
        restore(ENDED[i].path);
    }
}

static const char *const FILES[] = {
    "proc/4242/io",
    "proc/4242/cgroup",
    "proc/self/mountinfo",
    "proc/stat",
    "proc/meminfo",
    "proc/cpuinfo",
    "proc/self/stat",
    "proc/pressure/cpu",
    "proc/pressure/io",
    "sys/fs/cgroup/a/memory.current",
    "sys/fs/cgroup/a/memory.max",
    "sys/fs/cgroup/a/memory.events",
    "sys/class/hwmon/hwmon0/name",
    "sys/class/hwmon/hwmon0/temp1_input",
    CPUS "cpufreq/scaling_cur_freq",
    CPUS "topology/core_id",
    CPUS "topology/physical_package_id",
    CPUS "thermal_throttle/core_throttle_count",
};

/* 128 KiB without a line end, bytes that are no text, a folder or a link to itself in place of a file: the others are
 * read as before. */
static void test_whatever_a_file_holds_the_process_is_still_read(void **state)
{
    (void)state;
    enum { LONG_BYTES = 1 << 17 };
    char *const digits = malloc(LONG_BYTES), *const binary = malloc(LONG_BYTES);
    memset(digits, '7', LONG_BYTES);
    for (size_t i = 0; i < LONG_BYTES; i++)
        binary[i] = (char)(i * 2654435761u >> 13);
    begin_tree();
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        for (int kind = 0; kind < 4; kind++) {
            sample_values found;
            if (kind < 2)
                put_bytes(FILES[i], kind == 0 ? digits : binary, LONG_BYTES);
            else
                assert_int_equal(kind == 2 ? mkdir(full_path(FILES[i]), 0700)
                                           : symlink(full_path(FILES[i]), full_path(FILES[i])),
                                 0);
            assert_true(read_tree(&found));
            check_figure(FILES[i], SAMPLE_RSS, found.v[SAMPLE_RSS], 20 * KIB);
            if (strstr(FILES[i], "cgroup") == NULL && strstr(FILES[i], "mountinfo") == NULL)
                check_figure(FILES[i], SAMPLE_CGROUP_LIMIT, found.v[SAMPLE_CGROUP_LIMIT], 8192);
            remove(full_path(FILES[i]));
        }
        restore(FILES[i]);
    }
    free(digits);
    free(binary);
}

/* ---- what is read when ------------------------------------------------------------------------------------------- */

static void test_slow_figures_are_read_once_a_second(void **state)
{
    (void)state;
    sample_values found;
    sample_source *source;
    fake_clock clock;
    fake_clock_init(&clock);
    begin_tree();
    const sample_source_options o = {.pid = PID, .root = tree_root, .nvml_path = "", .clock = &clock.clock};
    assert_int_equal(sample_source_open(&source, &o, NULL), SW_OK);
    assert_true(sample_source_read(source, &found));
    put("sys/class/hwmon/hwmon0/temp1_input", "60000\n");
    put("proc/meminfo", "MemAvailable: 6 kB\n");
    fake_clock_advance(&clock, 100000000);
    assert_true(sample_source_read(source, &found));
    check_figure("after 0.1 s", SAMPLE_TEMPERATURE, found.v[SAMPLE_TEMPERATURE], 50);
    check_figure("after 0.1 s", SAMPLE_AVAILABLE, found.v[SAMPLE_AVAILABLE], 6 * KIB);
    fake_clock_advance(&clock, 2000000000);
    assert_true(sample_source_read(source, &found));
    check_figure("after 2.1 s", SAMPLE_TEMPERATURE, found.v[SAMPLE_TEMPERATURE], 60);
    sample_source_close(source);
}

/* ---- the page cache of a real file ------------------------------------------------------------------------------- */

/* A file of `bytes`, of which the first `written` were written, so are cached, and the others are a hole. */
static double cached(size_t bytes, size_t written)
{
    static char block[1 << 20];
    const temp_path path = temp_file("model.gguf");
    const int fd = open(path.s, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    for (size_t n = 0; n < written; n += sizeof block)
        assert_int_equal(write(fd, block, sizeof block), sizeof block);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    page_cache cache;
    page_cache_open(&cache, path.s);
    const double found = page_cache_read(&cache);
    page_cache_close(&cache);
    close(fd);
    return found;
}

static void test_the_cached_part_of_a_file_is_found(void **state)
{
    (void)state;
    enum { MIB = 1 << 20 };
    assert_true(cached(4 * MIB, 0) == 0);
    assert_true(cached(4 * MIB, 3 * MIB) == 3 * MIB);
    assert_true(cached(3 * MIB - 5, 3 * MIB) == 3 * MIB - 5);
    assert_true(cached((size_t)256 * MIB, 32 * MIB) == 32 * MIB); // sampled: an eighth of the parts
    assert_true(cached((size_t)4096 * MIB, 0) == 0);
}

static void test_what_is_no_file_has_no_cached_part(void **state)
{
    (void)state;
    static const char *const PATHS[] = {"/proc/self/no-such-file", "/", "/dev/null", "", NULL};
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        page_cache cache;
        page_cache_open(&cache, PATHS[i]);
        assert_true(isnan(page_cache_read(&cache)));
        page_cache_close(&cache);
    }
}

/* ---- this machine ------------------------------------------------------------------------------------------------ */

/* Memory that is touched between two samples is seen by the second. */
static void test_growth_of_a_real_process_is_seen(void **state)
{
    (void)state;
    enum { GROWTH = 64 << 20 };
    sample_values before, after;
    sample_source *const source = open_below(NULL, getpid());
    assert_true(sample_source_read(source, &before));
    volatile char *const block = malloc(GROWTH);
    for (size_t i = 0; i < GROWTH; i += PAGE_BYTES)
        block[i] = 1;
    assert_true(sample_source_read(source, &after));
    assert_true(after.v[SAMPLE_PRIVATE] - before.v[SAMPLE_PRIVATE] > GROWTH * 0.9);
    assert_true(after.v[SAMPLE_MINOR_FAULTS] > before.v[SAMPLE_MINOR_FAULTS]);
    assert_true(after.v[SAMPLE_MACHINE_CPU] >= before.v[SAMPLE_MACHINE_CPU]);
    assert_true(after.v[SAMPLE_CLIENT_CPU] == after.v[SAMPLE_SERVER_CPU]); // both are this process
    free((void *)block);
    sample_source_close(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_machine_gives_what_its_files_hold_and_nothing_else),
        cmocka_unit_test(test_without_a_process_the_machine_alone_is_read),
        cmocka_unit_test(test_a_process_that_is_not_there_is_not_read),
        cmocka_unit_test(test_a_figure_in_another_form_is_unknown),
        cmocka_unit_test(test_a_process_without_memory_has_ended),
        cmocka_unit_test(test_whatever_a_file_holds_the_process_is_still_read),
        cmocka_unit_test(test_slow_figures_are_read_once_a_second),
        cmocka_unit_test(test_the_cached_part_of_a_file_is_found),
        cmocka_unit_test(test_what_is_no_file_has_no_cached_part),
        cmocka_unit_test(test_growth_of_a_real_process_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
