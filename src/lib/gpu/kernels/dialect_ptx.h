/* dialect_ptx.h - the operations of kernels as PTX; gpu_dialect.h says what they are. */
#ifndef GPU_KERNELS_DIALECT_PTX_H
#define GPU_KERNELS_DIALECT_PTX_H

// clang-format off
#define KERNEL(name, type, n_threads, n_blocks)                                                                        \
    extern "C" __attribute__((global)) __attribute__((launch_bounds(n_threads, n_blocks))) void name(const type a)
#define DEVICE static inline __attribute__((device, always_inline))
#define SHARED(type, name)                                                                                             \
    static __attribute__((shared, aligned(16))) type name##_memory;                                                    \
    type *const name = &name##_memory
// "full": with plain "unroll" clang 14 unrolls after its last SROA, and arrays would stay in local memory.
#define UNROLL _Pragma("clang loop unroll(full)")
#define NO_UNROLL _Pragma("unroll 1")

DEVICE int thread_id(void) { return __nvvm_read_ptx_sreg_tid_x(); }
/* The same, read again at every use: what is computed from it is not kept in registers across loops. */
DEVICE int thread_id_here(void) { int x; asm volatile("mov.u32 %0, %%tid.x;" : "=r"(x)); return x; }
DEVICE int block_threads(void) { return __nvvm_read_ptx_sreg_ntid_x(); }
DEVICE int block_x(void) { return __nvvm_read_ptx_sreg_ctaid_x(); }
DEVICE int block_y(void) { return __nvvm_read_ptx_sreg_ctaid_y(); }
DEVICE int block_z(void) { return __nvvm_read_ptx_sreg_ctaid_z(); }
DEVICE int grid_x(void) { return __nvvm_read_ptx_sreg_nctaid_x(); }

DEVICE void block_barrier(void) { __nvvm_bar_sync(0); }
DEVICE void warp_barrier(void) { __nvvm_bar_warp_sync(0xffffffff); }

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* An address that is kept in memory, as a pointer. */
DEVICE const void *pointer_of(uint64_t address) { return (const void *)address; }
DEVICE void *writable_pointer_of(uint64_t address) { return (void *)address; }

/* Weights: read once, never written while a kernel runs.  `volatile` keeps loads where they are written, so that a kernel
 * decides how many are under way before the first is needed.  The *_if forms give zeros without a branch if not wanted. */
DEVICE u32x2 load_weights_8(const void *p, int is_wanted)
{
    uint32_t x, y;
    asm volatile("{ .reg .pred p; setp.ne.s32 p, %3, 0; mov.u32 %0, 0; mov.u32 %1, 0;\n\t"
                 "@p ld.global.nc.L1::no_allocate.v2.u32 {%0, %1}, [%2]; }" : "=&r"(x), "=&r"(y) : "l"(p), "r"(is_wanted));
    const u32x2 v = {x, y};
    return v;
}
/* The same, where other lanes want the same bytes. */
DEVICE u32x2 load_8_if(const void *p, int is_wanted)
{
    uint32_t x, y;
    asm volatile("{ .reg .pred p; setp.ne.s32 p, %3, 0; mov.u32 %0, 0; mov.u32 %1, 0;\n\t"
                 "@p ld.global.nc.v2.u32 {%0, %1}, [%2]; }" : "=&r"(x), "=&r"(y) : "l"(p), "r"(is_wanted));
    const u32x2 v = {x, y};
    return v;
}
DEVICE uint32_t load_u32_if(const void *p, int is_wanted)
{
    uint32_t v;
    asm volatile("{ .reg .pred p; setp.ne.s32 p, %2, 0; mov.u32 %0, 0;\n\t"
                 "@p ld.global.nc.u32 %0, [%1]; }" : "=&r"(v) : "l"(p), "r"(is_wanted));
    return v;
}
DEVICE uint32_t load_u16_if(const void *p, int is_wanted)
{
    uint16_t v;
    asm volatile("{ .reg .pred p; setp.ne.s32 p, %2, 0; mov.u16 %0, 0;\n\t"
                 "@p ld.global.nc.u16 %0, [%1]; }" : "=&h"(v) : "l"(p), "r"(is_wanted));
    return v;
}
DEVICE uint32_t load_u8_if(const void *p, int is_wanted)
{
    uint32_t v;
    asm volatile("{ .reg .pred p; setp.ne.s32 p, %2, 0; mov.u32 %0, 0;\n\t"
                 "@p ld.global.nc.u8 %0, [%1]; }" : "=&r"(v) : "l"(p), "r"(is_wanted));
    return v;
}

/* 16 or 4 bytes from global to shared memory while the thread goes on: in order of commit; visible to the thread after
 * copy_wait, to others after a barrier then.  Turing copies at once. */
#if __CUDA_ARCH__ >= 800
DEVICE uint32_t shared_address(void *p) { return (uint32_t)(uint64_t)(__attribute__((address_space(3))) void *)p; }
DEVICE void copy_16(void *shared, const void *global)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(shared)), "l"(global) : "memory");
}
DEVICE void copy_4(void *shared, const void *global)
{
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(shared_address(shared)), "l"(global) : "memory");
}
DEVICE void copy_commit(void) { asm volatile("cp.async.commit_group;" ::: "memory"); }
#define copy_wait(n) asm volatile("cp.async.wait_group %0;" ::"n"(n) : "memory") // until at most n commits are under way
#else
DEVICE void copy_16(void *shared, const void *global) { *(f32x4 *)shared = *(const f32x4 *)global; }
DEVICE void copy_4(void *shared, const void *global) { *(uint32_t *)shared = *(const uint32_t *)global; }
DEVICE void copy_commit(void) {}
#define copy_wait(n) ((void)(n))
#endif

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

DEVICE uint32_t f32_bits(float x) { return __builtin_bit_cast(uint32_t, x); }
DEVICE float f32_from_bits(uint32_t x) { return __builtin_bit_cast(float, x); }
DEVICE float fma_f32(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
DEVICE float round_even(float x) { return __builtin_rintf(x); }
DEVICE float sqrt_f32(float x) { float y; asm("sqrt.rn.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
DEVICE float f32_of_half(uint32_t bits) { float x; asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"((uint16_t)bits)); return x; }
DEVICE uint16_t half_of_f32(float x) { uint16_t h; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(x)); return h; }

/* Byte i of the result is byte (select >> 4 i & 7) of b:a. */
DEVICE uint32_t byte_perm(uint32_t a, uint32_t b, uint32_t select)
{
    uint32_t d;
    asm("prmt.b32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(select));
    return d;
}
/* c + the sum of four products of signed bytes. */
DEVICE int32_t dot_4(uint32_t a, uint32_t b, int32_t c)
{
    int32_t d;
    asm("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(c));
    return d;
}

/* ---- a warp together --------------------------------------------------------------------------------------------- */

DEVICE uint32_t shuffle_xor_u32(uint32_t x, int mask) { return (uint32_t)__nvvm_shfl_sync_bfly_i32(0xffffffff, (int)x, mask, 31); }
DEVICE float shuffle_xor(float x, int mask) { return __nvvm_shfl_sync_bfly_f32(0xffffffff, x, mask, 31); }
DEVICE float shuffle(float x, int lane) { return __nvvm_shfl_sync_idx_f32(0xffffffff, x, lane, 31); }
DEVICE uint32_t ballot(int p) { return (uint32_t)__nvvm_vote_ballot_sync(0xffffffff, p != 0); } // bit l: p of lane l
DEVICE int n_bits(uint32_t x) { return __builtin_popcount(x); }

/* D = A B + C with A 16 x 32 and B 32 x 8 signed bytes, C and D 16 x 8 int32.  With g = lane / 4 and j = lane % 4 a lane
 * holds
 *   a[0] row g, k 4j..4j+3;   a[1] row g + 8, same k;   a[2] row g, k 16 + 4j..;   a[3] row g + 8, k 16 + 4j..
 *   b[0] column g, k 4j..;    b[1] column g, k 16 + 4j..
 *   c[0], c[1] row g, columns 2j and 2j + 1;            c[2], c[3] row g + 8
 * mma_half is the same with k below 16: a[0], a[1] and one b.  Turing has them in parts. */
#if __CUDA_ARCH__ >= 800
DEVICE void mma_s8(int32_t d[4], const uint32_t a[4], const uint32_t b[2], const int32_t c[4])
{
    asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"
        : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(c[0]), "r"(c[1]), "r"(c[2]), "r"(c[3]));
}
DEVICE void mma_half(int32_t d[4], const uint32_t a[2], uint32_t b, const int32_t c[4])
{
    asm("mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %8, %9, %10};"
        : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(b), "r"(c[0]), "r"(c[1]), "r"(c[2]), "r"(c[3]));
}
#else
DEVICE void mma_half(int32_t d[4], const uint32_t a[2], uint32_t b, const int32_t c[4])
{
    UNROLL for (int i = 0; i < 2; i++)
        asm("mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 {%0, %1}, {%2}, {%3}, {%4, %5};"
            : "=r"(d[2 * i]), "=r"(d[2 * i + 1]) : "r"(a[i]), "r"(b), "r"(c[2 * i]), "r"(c[2 * i + 1]));
}
DEVICE void mma_s8(int32_t d[4], const uint32_t a[4], const uint32_t b[2], const int32_t c[4])
{
    int32_t half[4];
    mma_half(half, a, b[0], c);
    mma_half(d, a + 2, b[1], half);
}
#endif
// clang-format on

#endif
