/* emu_fiber.c - a context of the C library begins a fiber; from then on it is entered and left with jumps, which need
 * no system call.  Sanitizers must know which stack is in use, so that under them contexts are swapped, and they are
 * told. */
#include "gpu/emu_fiber.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define EMU_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EMU_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define EMU_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define EMU_TSAN 1
#endif
#endif

enum { FIBERS_MAX = 1024 };

#if defined(EMU_ASAN)
#include <sanitizer/common_interface_defs.h>
enum { STACK_BYTES = 256 << 10 };
#elif defined(EMU_TSAN)
#include <sanitizer/tsan_interface.h>
enum { STACK_BYTES = 256 << 10 };
#else
enum { STACK_BYTES = 64 << 10 };
#endif

struct emu_fiber {
    int number;
    void (*body)(int i);
    bool is_begun;
    ucontext_t context;
    jmp_buf jump;
    char *stack;
#if defined(EMU_ASAN)
    void *fake_stack;
#elif defined(EMU_TSAN)
    void *tsan;
#endif
};

static emu_fiber fibers[FIBERS_MAX];
static emu_fiber *entered;
#if defined(EMU_ASAN) || defined(EMU_TSAN)
static ucontext_t scheduler_context;
#else
static jmp_buf scheduler_jump;
#endif

#if defined(EMU_ASAN)
static const void *scheduler_stack;
static size_t scheduler_stack_bytes;
static void *scheduler_fake_stack;

static void arrived_in_fiber(emu_fiber *f)
{
    __sanitizer_finish_switch_fiber(f->fake_stack, &scheduler_stack, &scheduler_stack_bytes);
}
#else
static void arrived_in_fiber(emu_fiber *f)
{
    (void)f;
}
#endif

/* Where every fiber begins. */
static void begin(void)
{
    emu_fiber *const f = entered;
    arrived_in_fiber(f);
    for (;;) {
        f->body(f->number);
        emu_fiber_leave(f);
    }
}

/* A context that will begin at the fiber's beginning.  By itself, since getcontext may return twice for all that the
 * compiler knows. */
static __attribute__((noinline)) void prepare(ucontext_t *context, char *stack)
{
    getcontext(context);
    context->uc_stack.ss_sp = stack;
    context->uc_stack.ss_size = STACK_BYTES;
    context->uc_link = NULL;
    makecontext(context, begin, 0);
}

static char *new_stack(void)
{
    void *const p = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

emu_fiber *emu_fiber_get(int i, void (*body)(int i))
{
    emu_fiber *const f = &fibers[i];
    f->number = i;
    f->body = body;
    if (f->stack == NULL)
        f->stack = new_stack();
    if (f->stack == NULL)
        return NULL;
    if (!f->is_begun)
        prepare(&f->context, f->stack);
#if defined(EMU_TSAN)
    if (f->tsan == NULL)
        f->tsan = __tsan_create_fiber(0);
#endif
    return f;
}

#if defined(EMU_ASAN)

void emu_fiber_enter(emu_fiber *f)
{
    entered = f;
    f->is_begun = true;
    __sanitizer_start_switch_fiber(&scheduler_fake_stack, f->stack, STACK_BYTES);
    swapcontext(&scheduler_context, &f->context);
    __sanitizer_finish_switch_fiber(scheduler_fake_stack, NULL, NULL);
}

void emu_fiber_leave(emu_fiber *f)
{
    __sanitizer_start_switch_fiber(&f->fake_stack, scheduler_stack, scheduler_stack_bytes);
    swapcontext(&f->context, &scheduler_context);
    arrived_in_fiber(f);
}

#elif defined(EMU_TSAN)

static void *scheduler_tsan;

void emu_fiber_enter(emu_fiber *f)
{
    entered = f;
    f->is_begun = true;
    scheduler_tsan = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(f->tsan, 0);
    swapcontext(&scheduler_context, &f->context);
}

void emu_fiber_leave(emu_fiber *f)
{
    __tsan_switch_to_fiber(scheduler_tsan, 0);
    swapcontext(&f->context, &scheduler_context);
}

#else

void emu_fiber_enter(emu_fiber *f)
{
    if (_setjmp(scheduler_jump) != 0)
        return;
    entered = f;
    if (f->is_begun)
        _longjmp(f->jump, 1);
    f->is_begun = true;
    setcontext(&f->context);
}

void emu_fiber_leave(emu_fiber *f)
{
    if (_setjmp(f->jump) == 0)
        _longjmp(scheduler_jump, 1);
}

#endif

void emu_fiber_abandon_all(void)
{
    for (int i = 0; i < FIBERS_MAX; i++)
        fibers[i].is_begun = false;
}
