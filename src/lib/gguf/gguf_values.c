/* gguf_values.c - metadata values as C types.
 *
 * Converters disagree on number types, so any integer type is accepted for an integer, and any number for a real.  The
 * value itself must fit: nothing is rounded, wrapped or clamped.
 */
#include "gguf/gguf_values.h"

#include <math.h>
#include <string.h>

bool str_view_eq(str_view s, const char *z)
{
    return s.size == strlen(z) && memcmp(s.data, z, s.size) == 0;
}

size_t gguf_value_bytes(gguf_value type)
{
    static const uint8_t BYTES[GGUF_N_VALUES] = {
        [GGUF_U8] = 1,  [GGUF_I8] = 1,  [GGUF_BOOL] = 1, [GGUF_U16] = 2, [GGUF_I16] = 2, [GGUF_U32] = 4,
        [GGUF_I32] = 4, [GGUF_F32] = 4, [GGUF_U64] = 8,  [GGUF_I64] = 8, [GGUF_F64] = 8,
    };
    return BYTES[type];
}

/* ---- scalars ---- */

/* Reads an integer of any width.  False for other types and for values above INT64_MAX. */
static bool to_int(gguf_value type, const uint8_t *p, int64_t *out)
{
    union {
        uint8_t u8;
        int8_t i8;
        uint16_t u16;
        int16_t i16;
        uint32_t u32;
        int32_t i32;
        uint64_t u64;
        int64_t i64;
    } v;
    memset(&v, 0, sizeof v);
    switch (type) {
    case GGUF_U8:
        memcpy(&v, p, 1);
        *out = v.u8;
        return true;
    case GGUF_BOOL:
        memcpy(&v, p, 1);
        *out = v.u8 != 0;
        return true;
    case GGUF_I8:
        memcpy(&v, p, 1);
        *out = v.i8;
        return true;
    case GGUF_U16:
        memcpy(&v, p, 2);
        *out = v.u16;
        return true;
    case GGUF_I16:
        memcpy(&v, p, 2);
        *out = v.i16;
        return true;
    case GGUF_U32:
        memcpy(&v, p, 4);
        *out = v.u32;
        return true;
    case GGUF_I32:
        memcpy(&v, p, 4);
        *out = v.i32;
        return true;
    case GGUF_I64:
        memcpy(&v, p, 8);
        *out = v.i64;
        return true;
    case GGUF_U64:
        memcpy(&v, p, 8);
        *out = (int64_t)v.u64;
        return v.u64 <= INT64_MAX;
    default: return false;
    }
}

/* Reads any number as a double.  False for other types. */
static bool to_real(gguf_value type, const uint8_t *p, double *out)
{
    if (type == GGUF_F32) {
        float f;
        memcpy(&f, p, sizeof f);
        *out = (double)f;
        return true;
    }
    if (type == GGUF_F64) {
        memcpy(out, p, sizeof *out);
        return true;
    }
    int64_t i;
    if (type == GGUF_BOOL || !to_int(type, p, &i))
        return false;
    *out = (double)i;
    return true;
}

/* ---- keys ---- */

sw_code gguf_lookup_u32(gguf_lookup l, uint32_t fallback, uint32_t *out, sw_err *err)
{
    const gguf_kv *const kv = l.kv;
    *out = fallback;
    if (kv == NULL)
        return SW_OK;
    int64_t v;
    if (kv->type == GGUF_BOOL || !to_int(kv->type, kv->data, &v) || v < 0 || v > UINT32_MAX)
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be a whole number from 0 to 4294967295", l.path, l.key);
    *out = (uint32_t)v;
    return SW_OK;
}

sw_code gguf_lookup_i64(gguf_lookup l, int64_t fallback, int64_t *out, sw_err *err)
{
    const gguf_kv *const kv = l.kv;
    *out = fallback;
    if (kv != NULL && (kv->type == GGUF_BOOL || !to_int(kv->type, kv->data, out)))
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be a whole number below 2^63", l.path, l.key);
    return SW_OK;
}

sw_code gguf_lookup_f32(gguf_lookup l, float fallback, float *out, sw_err *err)
{
    *out = fallback;
    if (l.kv == NULL)
        return SW_OK;
    double v;
    if (!to_real(l.kv->type, l.kv->data, &v) || !isfinite((float)v))
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be a finite number", l.path, l.key);
    *out = (float)v;
    return SW_OK;
}

sw_code gguf_lookup_bool(gguf_lookup l, bool fallback, bool *out, sw_err *err)
{
    *out = fallback;
    if (l.kv == NULL)
        return SW_OK;
    int64_t v;
    if (!to_int(l.kv->type, l.kv->data, &v))
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be true or false", l.path, l.key);
    *out = v != 0;
    return SW_OK;
}

sw_code gguf_lookup_str(gguf_lookup l, str_view *out, sw_err *err)
{
    *out = (str_view){NULL, 0};
    if (l.kv == NULL)
        return SW_OK;
    if (l.kv->type != GGUF_STRING)
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be a string", l.path, l.key);
    *out = (str_view){(const char *)l.kv->data, (size_t)l.kv->size};
    return SW_OK;
}

sw_code gguf_lookup_array(gguf_lookup l, gguf_array *out, sw_err *err)
{
    *out = (gguf_array){0};
    if (l.kv == NULL)
        return SW_OK;
    if (l.kv->type != GGUF_ARRAY)
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be an array", l.path, l.key);
    *out = l.kv->array;
    return SW_OK;
}

/* ---- arrays ---- */

/* Each string is a 64-bit length and its bytes; the parser has checked them. */
str_view gguf_array_str(const gguf_array *a, size_t i)
{
    const uint8_t *const p = a->data + a->str_offsets[i];
    uint64_t n;
    memcpy(&n, p, sizeof n);
    return (str_view){(const char *)p + sizeof n, (size_t)n};
}

bool gguf_array_int(const gguf_array *a, size_t i, int64_t *out)
{
    return a->type != GGUF_STRING && to_int(a->type, a->data + i * gguf_value_bytes(a->type), out);
}

bool gguf_array_real(const gguf_array *a, size_t i, double *out)
{
    return a->type != GGUF_STRING && to_real(a->type, a->data + i * gguf_value_bytes(a->type), out);
}
