/* emu_run.c - the scheduler of a block's fibers, and the operations in which threads meet. */
#include "gpu/emu_run.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gpu/emu_fiber.h"
#include "gpu/kernels/gpu_dialect.h"

enum { THREADS_MAX = 1024, WARPS_MAX = THREADS_MAX / WARP, COPIES_MAX = 128, SHARED_MAX = 48 << 10 };

#define X(kernel, file, args) void emu_##kernel(const void *a);
GPU_KERNELS(X)
#undef X
const emu_kernel EMU_KERNELS[N_KERNELS] = {
#define X(kernel, file, args) emu_##kernel,
    GPU_KERNELS(X)
#undef X
};

/* A thread's copy to shared memory that is under way. */
typedef struct copy {
    void *to;
    const void *from;
    size_t n_bytes;
    int commit;
} copy;

typedef struct thread {
    emu_fiber *fiber;
    const unsigned *waits_for; // it may run again when this differs from `seen`
    unsigned seen;
    bool is_done, has_missed;
    int n_copies, n_commits, n_barriers;
    copy copies[COPIES_MAX];
} thread;

/* Meetings of a warp alternate between two sets of slots, so that a lane that is ahead overwrites nothing that another
 * lane has yet to read: it cannot be ahead by two. */
typedef struct warp {
    unsigned meeting;
    int n_here;
    const char *what;
    emu_slots slots[2] __attribute__((aligned(8)));
} warp;

/* The launch that runs; `lock` makes it one at a time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const device_launch *now;
static thread threads[THREADS_MAX];
static warp warps[WARPS_MAX];
static unsigned barrier, n_at_barrier, n_live, turn;
static int n_barriers; // that the block's first thread to end came to; -1: none has ended
static void *shared;
static size_t shared_bytes;
static bool is_shared_fresh;
static char failure[256]; // "" until a thread did what it may not
static emu_mistake planted;

emu_place emu_at;

void emu_plant(emu_mistake mistake)
{
    planted = mistake;
}

/* Ends the running thread for good; the launch fails. */
static void SW_PRINTF(1, 2) fail(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(failure, sizeof failure, fmt, args);
    va_end(args);
    for (;;)
        emu_fiber_leave(threads[emu_at.thread].fiber);
}

/* ---- meetings ---------------------------------------------------------------------------------------------------- */

/* emu_at is the scheduler's; it is this thread's again when the thread goes on. */
static void wait_for(const unsigned *change)
{
    thread *const t = &threads[emu_at.thread];
    t->waits_for = change;
    t->seen = *change;
    emu_fiber_leave(t->fiber);
}

/* Threads that ended count as arrived. */
static void open_barrier_if_complete(void)
{
    if (n_at_barrier > 0 && n_at_barrier == n_live) {
        n_at_barrier = 0;
        barrier++;
    }
}

void emu_block_barrier(void)
{
    thread *const t = &threads[emu_at.thread];
    if (planted == EMU_BARRIER_MISSED && emu_at.thread == 5 && !t->has_missed) {
        t->has_missed = true;
        return;
    }
    t->n_barriers++;
    if (planted == EMU_BARRIER_SKIPPED)
        return;
    const unsigned seen = barrier;
    n_at_barrier++;
    open_barrier_if_complete();
    if (barrier == seen)
        wait_for(&barrier);
}

const emu_slots *emu_exchange(const char *what, const void *mine, size_t n_bytes)
{
    warp *const w = &warps[emu_at.thread / WARP];
    emu_slots *const slots = &w->slots[w->meeting % 2];
    if (w->n_here > 0 && strcmp(w->what, what) != 0)
        fail("%s and %s meet in a warp", w->what, what);
    w->what = what;
    if (n_bytes > 0)
        memcpy((*slots)[emu_at.thread % WARP], mine, n_bytes);
    if (++w->n_here < WARP) {
        wait_for(&w->meeting);
    } else {
        w->n_here = 0;
        w->meeting++;
    }
    return slots;
}

int emu_lane(int lane)
{
    return planted == EMU_SHUFFLE_OFF_BY_ONE ? (lane + 1) % WARP : lane;
}

/* Sum over the k of one half (16) of row times column. */
static uint32_t dot_of_half(const emu_slots *lanes, int row, int column, int half, int n_halves)
{
    uint32_t sum = 0;
    for (int k = 0; k < 16; k++) {
        const unsigned char *const a = (*lanes)[4 * (row % 8) + k / 4] + 4 * (row / 8 + 2 * half) + k % 4;
        const unsigned char *const b = (*lanes)[4 * column + k / 4] + 8 * n_halves + 4 * half + k % 4;
        sum += (uint32_t)((int8_t)*a * (int8_t)*b);
    }
    return sum;
}

void emu_mma(int32_t d[4], const uint32_t *a, const uint32_t *b, const int32_t c[4], int n_halves)
{
    uint32_t mine[6];
    memcpy(mine, a, (size_t)n_halves * 8);
    memcpy(mine + 2 * n_halves, b, (size_t)n_halves * 4);
    const emu_slots *const lanes = emu_exchange(n_halves == 2 ? "mma_s8" : "mma_half", mine, (size_t)n_halves * 12);
    const int g = emu_at.thread % WARP / 4, j = emu_at.thread % 4;
    for (int i = 0; i < 4; i++) {
        const int row = planted == EMU_ROWS_SWAPPED ? g : g + 8 * (i / 2);
        uint32_t sum = (uint32_t)c[i];
        for (int half = 0; half < n_halves; half++)
            sum += dot_of_half(lanes, row, 2 * j + i % 2, half, n_halves);
        d[i] = (int32_t)sum;
    }
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

void emu_check_threads(int n_max)
{
    if (emu_at.n_threads > n_max)
        fail("%d threads in a block, but at most %d may be", emu_at.n_threads, n_max);
}

void *emu_shared(size_t n_bytes)
{
    if (n_bytes > SHARED_MAX)
        fail("%zu bytes of shared memory; a block has %d", n_bytes, SHARED_MAX);
    if (shared_bytes != n_bytes) {
        free(shared);
        shared_bytes = n_bytes;
        shared = aligned_alloc(16, n_bytes / 16 * 16 + (n_bytes % 16 != 0 ? 16 : 0));
        if (shared == NULL)
            fail("no memory for %zu bytes of shared memory", n_bytes);
    }
    if (is_shared_fresh)
        memset(shared, 0xa5, n_bytes);
    is_shared_fresh = false;
    return shared;
}

void emu_copy(void *to, const void *from, size_t n_bytes)
{
    thread *const t = &threads[emu_at.thread];
    if (t->n_copies == COPIES_MAX)
        fail("more than %d copies under way", COPIES_MAX);
    t->copies[t->n_copies++] = (copy){to, from, n_bytes, t->n_commits};
}

void emu_copy_commit(void)
{
    threads[emu_at.thread].n_commits++;
}

void emu_copy_wait(int n)
{
    thread *const t = &threads[emu_at.thread];
    int n_left = 0;
    if (planted == EMU_COPY_NOT_AWAITED)
        n += 1;
    for (int i = 0; i < t->n_copies; i++) {
        const copy *const c = &t->copies[i];
        if (c->commit < t->n_commits - n)
            memcpy(c->to, c->from, c->n_bytes);
        else
            t->copies[n_left++] = *c;
    }
    t->n_copies = n_left;
}

const void *emu_aligned(const void *p, uintptr_t n)
{
    if ((uintptr_t)p % n != 0)
        fail("address %p is not a multiple of %d", p, (int)n);
    return p;
}

const void *emu_pointer(uint64_t address)
{
    if (address < EMU_DEVICE_OFFSET)
        fail("%#llx is no address of the device", (unsigned long long)address);
    return (const void *)(uintptr_t)(address - EMU_DEVICE_OFFSET);
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

float emu_fma(float a, float b, float c)
{
    return planted == EMU_ROUNDED_TWICE ? a * b + c : fmaf(a, b, c);
}

float emu_round(float x)
{
    return planted == EMU_ROUNDED_DOWN ? truncf(x) : rintf(x);
}

float emu_half(uint32_t bits)
{
    return f32_from_f16((uint16_t)(planted == EMU_SCALE_OF_NEIGHBOUR ? bits ^ 1 : bits));
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

static void run_thread(int i)
{
    (void)i;
    EMU_KERNELS[now->kernel](now->args);
    thread *const t = &threads[emu_at.thread];
    if (t->n_copies > 0)
        fail("a thread ends while its copies are under way");
    if (n_barriers >= 0 && n_barriers != t->n_barriers)
        fail("a thread came to %d barriers and another one to %d", t->n_barriers, n_barriers);
    n_barriers = t->n_barriers;
    t->is_done = true;
    n_live--;
    open_barrier_if_complete();
}

static bool can_run(const thread *t)
{
    return !t->is_done && (t->waits_for == NULL || *t->waits_for != t->seen);
}

/* The k-th thread to look at: forwards, backwards, or in steps of 37, which reach every thread of a power of two. */
static int in_order(int k, int n)
{
    const bool is_power = (n & (n - 1)) == 0;
    return turn % 3 == 0 || (turn % 3 == 2 && !is_power) ? k : turn % 3 == 1 ? n - 1 - k : k * 37 % n;
}

static bool begin_block(int n)
{
    memset(warps, 0, sizeof warps);
    n_at_barrier = 0;
    n_barriers = -1;
    n_live = (unsigned)n;
    is_shared_fresh = true;
    for (int i = 0; i < n; i++) {
        thread *const t = &threads[i];
        t->fiber = emu_fiber_get(i, run_thread);
        t->waits_for = NULL;
        t->is_done = t->has_missed = false;
        t->n_copies = t->n_commits = t->n_barriers = 0;
        if (t->fiber == NULL)
            return false;
    }
    return true;
}

static void run_block(int n)
{
    if (!begin_block(n))
        snprintf(failure, sizeof failure, "no memory for %d threads", n);
    while (n_live > 0 && failure[0] == '\0') {
        bool has_run = false;
        for (int k = 0; k < n && failure[0] == '\0'; k++) {
            const int i = in_order(k, n);
            if (!can_run(&threads[i]))
                continue;
            has_run = true;
            emu_at.thread = i;
            threads[i].waits_for = NULL;
            emu_fiber_enter(threads[i].fiber);
        }
        if (!has_run && failure[0] == '\0')
            snprintf(failure, sizeof failure, "threads wait for others that never come");
    }
    turn++;
}

static void run_grid(const device_launch *l)
{
    emu_at = (emu_place){.n_threads = (int)l->n_threads, .grid = {(int)l->grid[0], (int)l->grid[1], (int)l->grid[2]}};
    now = l;
    failure[0] = '\0';
    const uint64_t n_blocks = (uint64_t)l->grid[0] * l->grid[1] * l->grid[2];
    for (uint64_t b = 0; b < n_blocks && failure[0] == '\0'; b++) {
        emu_at.block[0] = (int)(b % l->grid[0]);
        emu_at.block[1] = (int)(b / l->grid[0] % l->grid[1]);
        emu_at.block[2] = (int)(b / l->grid[0] / l->grid[1]);
        run_block((int)l->n_threads);
    }
    free(shared);
    shared = NULL;
    shared_bytes = 0;
}

sw_code emu_run(const device_launch *l, sw_err *err)
{
    sw_code code = SW_OK;
    pthread_mutex_lock(&lock);
    run_grid(l);
    if (failure[0] != '\0') {
        emu_fiber_abandon_all();
        code = sw_fail(err, SW_EIO, "kernel %s, block %d,%d,%d, thread %d: %s", KERNEL_FACTS[l->kernel].name,
                       emu_at.block[0], emu_at.block[1], emu_at.block[2], emu_at.thread, failure);
    }
    pthread_mutex_unlock(&lock);
    return code;
}
