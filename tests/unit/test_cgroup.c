/* A container's limit is found whatever version of control groups made it, and wherever in the tree it is; a model that
 * does not fit is refused before anything is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cgroup.h"
#include "base/sysinfo.h"
#include "spillway.h"

#define TREES SPILLWAY_TEST_DATA "/cgroup/"
enum { MIB = 1 << 20 };
static const uint64_t MACHINE = 12582912ull << 10; // MemAvailable of every tree

typedef struct tree {
    const char *name;
    uint64_t left;
} tree;

/* The arithmetic is that of the trees: limit - (usage - page cache), the least of the groups up to the mount. */
static const tree FOUND[] = {
    {"none", UINT64_MAX},
    {"v1-container", (uint64_t)(256 - 56) * MIB},
    {"v1-nested", (uint64_t)(1024 - (400 - 300)) * MIB},
    {"v1-flat", (uint64_t)(512 - 12) * MIB},
    {"v2-container", (uint64_t)(256 - (250 - 194)) * MIB},
    {"v2-nested", (uint64_t)(2048 - 1748) * MIB},
    {"v2-over", 0},
    {"v2-outside", (uint64_t)700 * MIB},
    {"hybrid", (uint64_t)(300 - 100) * MIB},
    {"damaged", UINT64_MAX},
    {"there-is-no-such-tree", UINT64_MAX},
};

static void test_every_kind_of_tree_leaves_what_its_groups_leave(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof FOUND / sizeof FOUND[0]; i++) {
        char root[512];
        snprintf(root, sizeof root, TREES "%s", FOUND[i].name);
        const uint64_t left = cgroup_memory_left(root);
        if (left != FOUND[i].left)
            fail_msg("%s: %llu bytes left, not %llu", FOUND[i].name, (unsigned long long)left,
                     (unsigned long long)FOUND[i].left);
    }
}

static available_memory available_below(const char *root)
{
    sysinfo_set_root(root);
    const available_memory a = sysinfo_memory_available();
    sysinfo_set_root(NULL);
    return a;
}

static void test_the_lesser_of_machine_and_group_is_available(void **state)
{
    (void)state;
    const available_memory machine = available_below(TREES "none"), group = available_below(TREES "v2-nested");
    assert_int_equal(machine.bytes, MACHINE);
    assert_false(machine.is_limited);
    assert_int_equal(group.bytes, (uint64_t)300 * MIB);
    assert_true(group.is_limited);
    assert_true(sysinfo_memory_available().bytes > 0); // of this machine
}

static void check_refusal(const char *root, const char *part)
{
    sw_engine *e;
    sw_err err = {0};
    sysinfo_set_root(root);
    const sw_code code = sw_engine_open(&e, SPILLWAY_TEST_DATA "/golden/mixtral-f32.gguf", NULL, &err);
    sysinfo_set_root(NULL);
    assert_int_equal(code, SW_ENOMEM);
    assert_null(e);
    if (strstr(err.msg, part) == NULL || strstr(err.msg, "--ctx-size") == NULL)
        fail_msg("'%s' does not say '%s'", err.msg, part);
}

static void test_a_model_larger_than_a_group_leaves_is_refused(void **state)
{
    (void)state;
    check_refusal(TREES "v2-over", "0 B of memory are available in the control group of this process");
}

static void test_a_model_that_fits_the_group_is_loaded(void **state)
{
    (void)state;
    sw_engine *e;
    sw_err err = {0};
    sysinfo_set_root(TREES "v1-container");
    const sw_code code = sw_engine_open(&e, SPILLWAY_TEST_DATA "/golden/mixtral-f32.gguf", NULL, &err);
    sysinfo_set_root(NULL);
    if (code != SW_OK)
        fail_msg("%s", err.msg);
    sw_engine_close(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_tree_leaves_what_its_groups_leave),
        cmocka_unit_test(test_the_lesser_of_machine_and_group_is_available),
        cmocka_unit_test(test_a_model_larger_than_a_group_leaves_is_refused),
        cmocka_unit_test(test_a_model_that_fits_the_group_is_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
