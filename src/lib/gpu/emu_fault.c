/* emu_fault.c - which call fails, by counting. */
#include "gpu/emu_fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const NAMES[N_EMU_FAULTS] = {"lost", "launch", "alloc", "pinned", "pin", "copy"};

/* The number of a text that is one and nothing else; 0: it is not. */
static unsigned long number_of(const char *text)
{
    char *end;
    errno = 0;
    const unsigned long n = text[0] >= '1' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    return n > 0 && errno == 0 && *end == '\0' ? n : 0;
}

sw_code emu_faults_read(emu_faults *f, const char *text, sw_err *err)
{
    if (text[0] == '\0')
        return SW_OK;
    for (int kind = 0; kind < N_EMU_FAULTS; kind++) {
        const size_t n = strlen(NAMES[kind]);
        if (text[0] == '!' && strncmp(text + 1, NAMES[kind], n) == 0 && text[1 + n] == '=')
            f->at[kind] = number_of(text + n + 2);
        if (f->at[kind] > 0)
            return SW_OK;
    }
    return sw_fail(
        err, SW_EINVAL,
        "a failure of an emulated device is !lost=N, !launch=N, !alloc=N, !pinned=N, !pin=N or !copy=N with N "
        "from 1 on, not '%.40s'",
        text);
}

sw_code emu_fault(emu_faults *f, emu_fault_kind kind, sw_err *err)
{
    if (atomic_fetch_add(&f->n[kind], 1) + 1 != f->at[kind])
        return SW_OK;
    if (kind == EMU_LOST)
        return sw_fail(err, SW_EIO, "it was lost at launch %lu, as its name asks for", f->at[kind]);
    return sw_fail(err, SW_ENOMEM, "the emulated device has no memory at %s %lu, as its name asks for", NAMES[kind],
                   f->at[kind]);
}
