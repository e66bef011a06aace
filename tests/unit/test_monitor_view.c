/* The screen of `spillway monitor` never leaves its size, whatever is watched, and shows what the samples hold. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/monitor_print.h"
#include "cmd/monitor_view.h"
#include "cmd/spark.h"

static monitor_history history;
static recording_head head;

static void begin(void)
{
    history = (monitor_history){.n_cores = 4};
    head = (recording_head){.interval_s = 1,
                            .pid = 4242,
                            .program = "llama-server",
                            .cpu = "AMD EPYC",
                            .n_cores = 4,
                            .memory_bytes = 25276502016.0,
                            .gpu_note = "NVML cannot be opened: there is no such file, and no other"};
}

/* One sample a second: everything known, or only the machine's figures. */
static void add(bool has_all)
{
    const double t = (double)history.n;
    sample_values v = sample_values_none();
    for (size_t f = 0; f < N_SAMPLE_FIGURES && has_all; f++)
        v.v[f] = (double)f * 1e9 * (1 + t);
    v.v[SAMPLE_AVAILABLE] = 12345678;
    v.v[SAMPLE_SERVER_CPU] = 1.5 * t; // cores
    v.v[SAMPLE_MACHINE_CPU] = 2 * t;  // of 4: 50 %
    monitor_history_add(&history, t, &v);
}

static const char *allocation = "";

static const char *draw(int n_columns, int n_lines, bool is_ascii, bool has_color)
{
    static char text[1 << 16];
    buf out;
    buf_init(&out, sizeof text);
    const monitor_view view = {&head, &history, "q or Ctrl-C ends", allocation, is_ascii, has_color};
    monitor_view_format(&out, &view, n_columns, n_lines);
    assert_int_equal(out.failed, SW_OK);
    memcpy(text, buf_str(&out), out.size + 1);
    buf_free(&out);
    return text;
}

/* Every line has exactly n_columns characters, without colours, and there are at most n_lines. */
static void check_size(const char *text, int n_columns, int n_lines)
{
    int n = 0, lines = 1;
    for (const char *p = text;; p++) {
        if (*p == '\x1b') {
            p += strcspn(p, "m");
        } else if (*p == '\n' || *p == '\0') {
            if (n != n_columns)
                fail_msg("line %d has %d characters, not %d: %s", lines, n, n_columns, text);
            if (*p == '\0')
                break;
            n = 0;
            lines++;
        } else {
            assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
            n += ((unsigned char)*p & 0xc0) != 0x80;
        }
    }
    if (lines > n_lines)
        fail_msg("%d lines, not %d: %s", lines, n_lines, text);
}

static void test_the_screen_keeps_to_every_size(void **state)
{
    (void)state;
    static const int WIDTHS[] = {20, 40, 71, 72, 73, 80, 81, 120, 121, 200, 700},
                     HEIGHTS[] = {4, 10, 23, 24, 25, 40, 100};
    for (int has_all = 0; has_all < 2; has_all++) {
        begin();
        for (int n = 0; n < 3; n++) {
            for (size_t c = 0; c < sizeof WIDTHS / sizeof WIDTHS[0]; c++) {
                for (size_t l = 0; l < sizeof HEIGHTS / sizeof HEIGHTS[0]; l++)
                    check_size(draw(WIDTHS[c], HEIGHTS[l], c % 2, l % 2), WIDTHS[c], HEIGHTS[l]);
            }
            add(has_all);
        }
    }
}

/* With figures of the GPU, and where there is only the reason for having none. */
static void test_what_the_server_allocated_is_shown_with_the_gpu(void **state)
{
    (void)state;
    for (int has_all = 0; has_all < 2; has_all++) {
        begin();
        add(has_all);
        assert_null(strstr(draw(120, 60, true, false), "allocated"));
        allocation = "12.5 MB allocated by the server";
        const char *const screen = draw(120, 60, true, false);
        allocation = "";
        check_size(screen, 120, 60);
        assert_non_null(strstr(screen, "12.5 MB allocated by the server"));
        assert_true(strstr(screen, "- GPU") < strstr(screen, "12.5 MB"));
    }
}

static void test_texts_from_outside_stay_in_their_places(void **state)
{
    (void)state;
    static const char *const HOSTILE[] = {"\x1b[31m\x1b]0;x\x07", "a\nb\tc\r", "\u202e\u200f\u4e2d\u6587\U0001f600",
                                          "\xff\xfe\x80", "% s%n%d"};
    for (size_t i = 0; i < sizeof HOSTILE / sizeof HOSTILE[0]; i++) {
        begin();
        add(true);
        snprintf(head.program, sizeof head.program, "%s", HOSTILE[i]);
        snprintf(head.cpu, sizeof head.cpu, "%s", HOSTILE[i]);
        snprintf(head.gpu, sizeof head.gpu, "%s", HOSTILE[i]);
        snprintf(head.gpu_note, sizeof head.gpu_note, "%s", HOSTILE[i]);
        const char *const text = draw(80, 24, true, false);
        check_size(text, 80, 24);
        for (const char *p = text; *p != '\0'; p++)
            assert_true((unsigned char)*p < 0x80);
    }
}

static void check_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in: %s", part, text);
}

static void test_rates_are_made_of_two_samples(void **state)
{
    (void)state;
    begin();
    add(false);
    const char *text = draw(80, 40, true, false);
    check_says(text, "server                   - "); // of one sample there is no rate
    check_says(text, "available         11.8 MiB ");
    add(false);
    text = draw(80, 40, true, false);
    check_says(text, "server          1.50 cores ");
    check_says(text, "machine             50.0 % ");
    check_says(text, "llama-server, process 4242");
    check_says(text, "NVML cannot be opened: there is no such"); // its words are not divided
    sample_values v = sample_values_none();
    monitor_history_add(&history, 2, &v); // a counter that is not known any more
    check_says(draw(80, 40, true, false), "server                   - ");
    v.v[SAMPLE_SERVER_CPU] = 1; // and one that fell
    monitor_history_add(&history, 3, &v);
    monitor_history_add(&history, 4, &(sample_values){{0}});
    check_says(draw(80, 40, true, false), "server                   - ");
}

static void test_without_room_what_is_not_known_is_left_out(void **state)
{
    (void)state;
    begin();
    add(false);
    add(false);
    assert_non_null(strstr(draw(80, 24, true, false), "temperature"));
    assert_null(strstr(draw(80, 12, true, false), "temperature"));
    assert_non_null(strstr(draw(80, 12, true, false), "1.50 cores"));
}

static void test_colours_are_written_only_where_they_are_wanted(void **state)
{
    (void)state;
    begin();
    add(true);
    add(true); // gigabytes are swapped out
    assert_null(strchr(draw(80, 24, false, false), '\x1b'));
    assert_non_null(strstr(draw(80, 24, false, true), "\x1b[1;33m")); // a warning
}

/* A graph shows the highest value of each bin, and moves by whole bins. */
static void test_bins_hold_the_highest_of_fixed_samples(void **state)
{
    (void)state;
    static const double FREQUENCIES[] = {1, 5, 2, 4, 3, 9, 7};
    const monitor_row *row = MONITOR_ROWS;
    while (row->figure != SAMPLE_FREQUENCY)
        row++;
    double bins[MONITOR_BINS_MAX];
    begin();
    for (size_t i = 0; i < 7; i++) {
        sample_values v = sample_values_none();
        v.v[SAMPLE_FREQUENCY] = FREQUENCIES[i];
        monitor_history_add(&history, (double)i, &v);
    }
    monitor_history_bins(&history, row, 2, 5, bins);
    assert_true(isnan(bins[0]) && bins[1] == 5 && bins[2] == 4 && bins[3] == 9 && bins[4] == 7);
    monitor_history_bins(&history, row, 2, 2, bins);
    assert_true(bins[0] == 9 && bins[1] == 7);
    for (size_t i = 0; i < MONITOR_HISTORY; i++) { // the first samples are forgotten
        sample_values v = sample_values_none();
        v.v[SAMPLE_FREQUENCY] = 1;
        monitor_history_add(&history, 7 + (double)i, &v);
    }
    monitor_history_bins(&history, row, MONITOR_HISTORY / 2, 3, bins);
    assert_true(bins[0] == 1 && bins[1] == 1 && bins[2] == 1);
}

static void test_a_graph_has_eight_heights(void **state)
{
    (void)state;
    const double values[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, NAN, INFINITY};
    buf out;
    buf_init(&out, 1000);
    spark_put(&out, values, 13, 8, /*is_ascii=*/true);
    assert_string_equal(buf_str(&out), "_.:-=+*###_ #");
    buf_clear(&out);
    spark_put(&out, values, 13, 8, /*is_ascii=*/false);
    assert_string_equal(buf_str(&out), "▁▂▃▄▅▆▇███▁ █");
    buf_clear(&out);
    spark_put(&out, values, 2, 0, /*is_ascii=*/true);
    assert_string_equal(buf_str(&out), "__");
    buf_free(&out);
}

/* Every figure of samples is shown, once. */
static void test_every_figure_has_its_row(void **state)
{
    (void)state;
    int n[N_SAMPLE_FIGURES] = {0};
    for (size_t i = 0; i < N_MONITOR_ROWS; i++)
        n[MONITOR_ROWS[i].figure]++;
    for (size_t f = 0; f < N_SAMPLE_FIGURES; f++)
        assert_int_equal(n[f], 1);
}

static void test_a_line_fits_80_columns(void **state)
{
    (void)state;
    buf out;
    buf_init(&out, 1000);
    begin();
    add(false);
    add(false);
    monitor_print_names(&out);
    const size_t n_names = out.size;
    monitor_print_line(&out, &history, 1795812929);
    assert_int_equal(out.size, 2 * n_names);
    assert_true(n_names <= 81);
    assert_memory_equal(buf_str(&out) + n_names, "20:55:29 ", 9);
    check_says(buf_str(&out), " 1.50 cores  50.0 % ");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_screen_keeps_to_every_size),
        cmocka_unit_test(test_what_the_server_allocated_is_shown_with_the_gpu),
        cmocka_unit_test(test_texts_from_outside_stay_in_their_places),
        cmocka_unit_test(test_rates_are_made_of_two_samples),
        cmocka_unit_test(test_without_room_what_is_not_known_is_left_out),
        cmocka_unit_test(test_colours_are_written_only_where_they_are_wanted),
        cmocka_unit_test(test_bins_hold_the_highest_of_fixed_samples),
        cmocka_unit_test(test_a_graph_has_eight_heights),
        cmocka_unit_test(test_every_figure_has_its_row),
        cmocka_unit_test(test_a_line_fits_80_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
