/* The thread pool: every task runs exactly once, whatever the number of threads and tasks, round after round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pool.h"
#include "support/faults.h"

enum { N_TASKS_MAX = 1000, N_THREADS_MAX = 4 };

typedef struct run {
    int n_threads;
    unsigned char count[N_TASKS_MAX]; // written by the one thread that runs the task: a second one would be a race
    _Atomic int n_bad_workers;
    _Atomic size_t sum;
} run;

static void count_task(void *ud, size_t task, int worker)
{
    run *const r = ud;
    r->count[task]++;
    if (worker < 0 || worker >= r->n_threads)
        atomic_fetch_add(&r->n_bad_workers, 1);
    atomic_fetch_add_explicit(&r->sum, task, memory_order_relaxed);
}

static void check_round(thread_pool *p, size_t n_tasks)
{
    run r = {.n_threads = pool_n_threads(p)};
    pool_run(p, n_tasks, count_task, &r);
    for (size_t i = 0; i < N_TASKS_MAX; i++)
        assert_int_equal(r.count[i], i < n_tasks);
    assert_int_equal(r.n_bad_workers, 0);
    assert_int_equal(r.sum, n_tasks > 0 ? n_tasks * (n_tasks - 1) / 2 : 0);
}

static void test_every_task_runs_exactly_once(void **state)
{
    (void)state;
    static const size_t SIZES[] = {0, 1, 2, 3, 7, 64, N_TASKS_MAX};
    for (int n_threads = 1; n_threads <= N_THREADS_MAX; n_threads++) {
        thread_pool *const p = pool_create(n_threads);
        assert_non_null(p);
        assert_int_equal(pool_n_threads(p), n_threads);
        for (int round = 0; round < 50; round++) {
            for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++)
                check_round(p, SIZES[i]);
        }
        pool_free(p);
    }
}

/* Workers that have gone to sleep are woken, and results of one round are seen by the next. */
static void add_neighbours(void *ud, size_t task, int worker)
{
    (void)worker;
    uint32_t(*const v)[N_TASKS_MAX] = ud;
    v[1][task] = v[0][task] + v[0][(task + 1) % N_TASKS_MAX];
}

static void copy_back(void *ud, size_t task, int worker)
{
    (void)worker;
    uint32_t(*const v)[N_TASKS_MAX] = ud;
    v[0][task] = v[1][task];
}

static void test_a_round_sees_what_the_one_before_it_wrote(void **state)
{
    (void)state;
    static uint32_t v[2][N_TASKS_MAX];
    for (size_t i = 0; i < N_TASKS_MAX; i++)
        v[0][i] = 1;
    thread_pool *const p = pool_create(3);
    assert_non_null(p);
    for (int round = 0; round < 20; round++) {
        pool_run(p, N_TASKS_MAX, add_neighbours, v);
        pool_run(p, N_TASKS_MAX, copy_back, v);
    }
    for (size_t i = 0; i < N_TASKS_MAX; i++)
        assert_int_equal(v[0][i], 1 << 20);
    pool_free(p);
}

static void test_a_pool_that_never_ran_can_be_freed(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        pool_free(pool_create(N_THREADS_MAX));
    pool_free(NULL);
}

static void test_creating_fails_cleanly_when_memory_is_short(void **state)
{
    (void)state;
    thread_pool *p = NULL;
    for (long n = 0; p == NULL; n++) {
        long n_live;
        faults_alloc_begin(n);
        p = pool_create(2);
        pool_free(p);
        faults_alloc_end(&n_live);
        assert_int_equal(n_live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_task_runs_exactly_once),
        cmocka_unit_test(test_a_round_sees_what_the_one_before_it_wrote),
        cmocka_unit_test(test_a_pool_that_never_ran_can_be_freed),
        cmocka_unit_test(test_creating_fails_cleanly_when_memory_is_short),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
