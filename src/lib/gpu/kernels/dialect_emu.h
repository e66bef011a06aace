/* dialect_emu.h - the operations of kernels on this processor; dialect_ptx.h says what they are, emu_run.h what is
 * strict. */
#ifndef GPU_KERNELS_DIALECT_EMU_H
#define GPU_KERNELS_DIALECT_EMU_H

#include <stddef.h>
#include <string.h>

#include "quant/half.h"

#define KERNEL(name, type, n_threads, n_blocks)                                                                        \
    static void name##_thread(const type a);                                                                           \
    void emu_##name(const void *args);                                                                                 \
    void emu_##name(const void *args)                                                                                  \
    {                                                                                                                  \
        emu_check_threads(n_threads);                                                                                  \
        name##_thread(*(const type *)args);                                                                            \
    }                                                                                                                  \
    static void name##_thread(const type a)
#define DEVICE             static inline __attribute__((unused))
#define SHARED(type, name) type *const name = emu_shared(sizeof(type))
#define UNROLL
#define NO_UNROLL

/* Where the running thread is. */
typedef struct emu_place {
    int thread, n_threads, block[3], grid[3];
} emu_place;
extern emu_place emu_at;

/* What lanes give each other, of each lane of a warp. */
enum { EMU_SLOT = 24 };
typedef unsigned char emu_slots[32][EMU_SLOT];

void emu_check_threads(int n_max);
void *emu_shared(size_t n_bytes);
void emu_block_barrier(void);
/* Gives n_bytes, at most EMU_SLOT, to the warp; returns what all lanes gave.  `what` is the same for all. */
const emu_slots *emu_exchange(const char *what, const void *mine, size_t n_bytes);
void emu_copy(void *to, const void *from, size_t n_bytes);
void emu_copy_commit(void);
void emu_copy_wait(int n);
/* The address, which must be a multiple of n. */
const void *emu_aligned(const void *p, uintptr_t n);
const void *emu_pointer(uint64_t address);
float emu_fma(float a, float b, float c);
float emu_round(float x);
float emu_half(uint32_t bits);
int emu_lane(int lane);
void emu_mma(int32_t d[4], const uint32_t *a, const uint32_t *b, const int32_t c[4], int n_halves);

DEVICE int thread_id(void)
{
    return emu_at.thread;
}
DEVICE int thread_id_here(void)
{
    return emu_at.thread;
}
DEVICE int block_threads(void)
{
    return emu_at.n_threads;
}
DEVICE int block_x(void)
{
    return emu_at.block[0];
}
DEVICE int block_y(void)
{
    return emu_at.block[1];
}
DEVICE int block_z(void)
{
    return emu_at.block[2];
}
DEVICE int grid_x(void)
{
    return emu_at.grid[0];
}
DEVICE void block_barrier(void)
{
    emu_block_barrier();
}
DEVICE void warp_barrier(void)
{
    emu_exchange("warp_barrier", NULL, 0);
}

DEVICE const void *pointer_of(uint64_t address)
{
    return emu_pointer(address);
}
DEVICE void *writable_pointer_of(uint64_t address)
{
    return (void *)(uintptr_t)emu_pointer(address);
}
DEVICE u32x2 load_8_if(const void *p, int is_wanted)
{
    const u32x2 zero = {0, 0};
    return is_wanted ? *(const u32x2 *)emu_aligned(p, 8) : zero;
}
DEVICE u32x2 load_weights_8(const void *p, int is_wanted)
{
    return load_8_if(p, is_wanted);
}
DEVICE uint32_t load_u32_if(const void *p, int is_wanted)
{
    return is_wanted ? *(const uint32_t *)emu_aligned(p, 4) : 0;
}
DEVICE uint32_t load_u16_if(const void *p, int is_wanted)
{
    return is_wanted ? *(const uint16_t *)emu_aligned(p, 2) : 0;
}
DEVICE uint32_t load_u8_if(const void *p, int is_wanted)
{
    return is_wanted ? *(const uint8_t *)p : 0;
}
DEVICE void copy_16(void *shared, const void *global)
{
    emu_copy((void *)(uintptr_t)emu_aligned(shared, 16), emu_aligned(global, 16), 16);
}
DEVICE void copy_4(void *shared, const void *global)
{
    emu_copy((void *)(uintptr_t)emu_aligned(shared, 4), emu_aligned(global, 4), 4);
}
DEVICE void copy_commit(void)
{
    emu_copy_commit();
}
DEVICE void copy_wait(int n)
{
    emu_copy_wait(n);
}

DEVICE float fma_f32(float a, float b, float c)
{
    return emu_fma(a, b, c);
}
DEVICE float round_even(float x)
{
    return emu_round(x);
}
DEVICE float sqrt_f32(float x)
{
    return __builtin_sqrtf(x);
}
DEVICE float f32_of_half(uint32_t bits)
{
    return emu_half(bits);
}
DEVICE uint16_t half_of_f32(float x)
{
    return f16_from_f32(x);
}
DEVICE uint32_t byte_perm(uint32_t a, uint32_t b, uint32_t select)
{
    const uint64_t both = (uint64_t)b << 32 | a;
    uint32_t d = 0;
    for (int i = 0; i < 4; i++)
        d |= (uint32_t)(both >> 8 * (select >> 4 * i & 7) & 0xff) << 8 * i;
    return d;
}
DEVICE int32_t dot_4(uint32_t a, uint32_t b, int32_t c)
{
    for (int i = 0; i < 4; i++)
        c += (int8_t)(a >> 8 * i) * (int8_t)(b >> 8 * i);
    return c;
}

DEVICE uint32_t shuffle_xor_u32(uint32_t x, int mask)
{
    memcpy(&x, (*emu_exchange("shuffle_xor_u32", &x, 4))[emu_lane(emu_at.thread % WARP ^ mask)], 4);
    return x;
}
DEVICE float shuffle_xor(float x, int mask)
{
    memcpy(&x, (*emu_exchange("shuffle_xor", &x, 4))[emu_lane(emu_at.thread % WARP ^ mask)], 4);
    return x;
}
DEVICE float shuffle(float x, int lane)
{
    memcpy(&x, (*emu_exchange("shuffle", &x, 4))[emu_lane(lane & 31)], 4);
    return x;
}
DEVICE uint32_t ballot(int p)
{
    const uint32_t mine = p != 0;
    const emu_slots *const lanes = emu_exchange("ballot", &mine, 4);
    uint32_t all = 0;
    for (int l = 0; l < WARP; l++)
        all |= (uint32_t)(*lanes)[l][0] << l;
    return all;
}
DEVICE int n_bits(uint32_t x)
{
    return __builtin_popcount(x);
}
DEVICE void mma_s8(int32_t d[4], const uint32_t a[4], const uint32_t b[2], const int32_t c[4])
{
    emu_mma(d, a, b, c, 2);
}
DEVICE void mma_half(int32_t d[4], const uint32_t a[2], uint32_t b, const int32_t c[4])
{
    emu_mma(d, a, &b, c, 1);
}

#endif
