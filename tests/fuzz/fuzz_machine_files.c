/* Files of /proc and /sys, and answers of nvidia-smi: a figure that is found is one that a machine can have, and what
 * is found in whole lines does not change when the file goes on. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fuzz_check.h"
#include "monitor/nvidia_smi.h"
#include "monitor/proc_text.h"

enum { BYTES_MAX = 8192 };

/* Unknown, or not negative. */
static void check_count(double value)
{
    check(isnan(value) || (value >= 0 && value < 1e22));
}

static void check_figures(const char *text)
{
    static const char *const KEYS[] = {"VmRSS:", "VmSwap:", "RssAnon:", "MemAvailable:", "read_bytes:", "oom_kill"};
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
        const double bytes = proc_kb_field(text, KEYS[i]), plain = proc_field(text, KEYS[i]);
        check_count(bytes);
        check_count(plain);
        check(isnan(bytes) || bytes == plain * 1024);
    }
    check_count(proc_count(text));
    check_count(proc_busy_ticks(text));
    const double share = proc_pressure(text), degrees = proc_celsius(text);
    check(isnan(share) || (share >= 0 && share <= 100));
    check(isnan(degrees) || (degrees > -100 && degrees < 300));
    double sum = 0;
    size_t n = 0;
    proc_add_mhz(text, &sum, &n);
    check(n == 0 ? sum == 0 : sum > 0 && sum < 1e6 * (double)n);
}

static void check_stat(const char *text)
{
    proc_stat stat;
    if (!proc_stat_of(text, &stat))
        return;
    check(stat.state != '\0');
    check(stat.minor_faults >= 0 && stat.major_faults >= 0 && stat.ticks >= 0);
}

static void check_cards(const char *text)
{
    gpu_card cards[GPU_CARDS_MAX];
    char names[GPU_CARDS_MAX][GPU_TEXT_BYTES], driver[GPU_TEXT_BYTES];
    const size_t n = nvidia_smi_cards_of(text, cards, names, driver);
    check(n <= GPU_CARDS_MAX);
    for (size_t i = 0; i < n; i++) {
        check(memchr(names[i], '\0', GPU_TEXT_BYTES) != NULL && strpbrk(names[i], ",\n") == NULL);
        check_count(cards[i].used_bytes / 1048576);
        check_count(cards[i].power_w);
        check_count(cards[i].memory_clock_mhz);
    }
    check_count(nvidia_smi_process_of(text, 4242, 0) / 1048576);
}

/* Of the first part, which ends with a whole line. */
static void check_growth(char *text, size_t n_first)
{
    const char kept = text[n_first];
    text[n_first] = '\0';
    const double before = proc_field(text, "read_bytes:"), kb_before = proc_kb_field(text, "VmRSS:");
    text[n_first] = kept;
    check(isnan(before) || proc_field(text, "read_bytes:") == before);
    check(isnan(kb_before) || proc_kb_field(text, "VmRSS:") == kb_before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[BYTES_MAX + 1];
    if (size > BYTES_MAX)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    check_figures(text);
    check_stat(text);
    check_cards(text);
    const char *const line_end = memchr(text, '\n', strlen(text));
    if (line_end != NULL)
        check_growth(text, (size_t)(line_end - text) + 1);
    return 0;
}
