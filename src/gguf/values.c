/* values.c - metadata values: lenient about which number type a key has, strict about what it says. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "gguf/gguf_parts.h"

bool sw_str_eq(sw_str s, const char *z)
{
    return s.size == strlen(z) && memcmp(s.data, z, s.size) == 0;
}

const sw_gguf_kv *sw__gguf_part_find(const sw_gguf_part *part, const char *key)
{
    const int64_t i = sw_strmap_find(&part->keys, key, strlen(key));
    return i < 0 ? NULL : &part->kvs[i];
}

/* Metadata stands in the first file of a split model. */
static const sw_gguf_kv *find(const sw_gguf *g, const char *key)
{
    return sw__gguf_part_find(&g->parts[0], key);
}

size_t sw__gguf_value_bytes(sw_gguf_value type)
{
    static const uint8_t BYTES[SW_GGUF_N_VALUES] = {
        [SW_GGUF_U8] = 1,  [SW_GGUF_I8] = 1,  [SW_GGUF_BOOL] = 1, [SW_GGUF_U16] = 2,
        [SW_GGUF_I16] = 2, [SW_GGUF_U32] = 4, [SW_GGUF_I32] = 4,  [SW_GGUF_F32] = 4,
        [SW_GGUF_U64] = 8, [SW_GGUF_I64] = 8, [SW_GGUF_F64] = 8,
    };
    return BYTES[type];
}

/* An integer of any width; false for other types and for values above INT64_MAX. */
static bool to_int(sw_gguf_value type, const uint8_t *p, int64_t *out)
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
    case SW_GGUF_U8:
        memcpy(&v, p, 1);
        *out = v.u8;
        return true;
    case SW_GGUF_BOOL:
        memcpy(&v, p, 1);
        *out = v.u8 != 0;
        return true;
    case SW_GGUF_I8:
        memcpy(&v, p, 1);
        *out = v.i8;
        return true;
    case SW_GGUF_U16:
        memcpy(&v, p, 2);
        *out = v.u16;
        return true;
    case SW_GGUF_I16:
        memcpy(&v, p, 2);
        *out = v.i16;
        return true;
    case SW_GGUF_U32:
        memcpy(&v, p, 4);
        *out = v.u32;
        return true;
    case SW_GGUF_I32:
        memcpy(&v, p, 4);
        *out = v.i32;
        return true;
    case SW_GGUF_I64:
        memcpy(&v, p, 8);
        *out = v.i64;
        return true;
    case SW_GGUF_U64:
        memcpy(&v, p, 8);
        *out = (int64_t)v.u64;
        return v.u64 <= INT64_MAX;
    default: return false;
    }
}

static bool to_real(sw_gguf_value type, const uint8_t *p, double *out)
{
    if (type == SW_GGUF_F32) {
        float f;
        memcpy(&f, p, sizeof f);
        *out = (double)f;
        return true;
    }
    if (type == SW_GGUF_F64) {
        memcpy(out, p, sizeof *out);
        return true;
    }
    int64_t i;
    if (type == SW_GGUF_BOOL || !to_int(type, p, &i))
        return false;
    *out = (double)i;
    return true;
}

sw_code sw__gguf_part_u32(const sw_gguf_part *part, const char *key, uint32_t fallback, uint32_t *out, sw_err *err)
{
    const sw_gguf_kv *const kv = sw__gguf_part_find(part, key);
    *out = fallback;
    if (kv == NULL)
        return SW_OK;
    int64_t v;
    if (kv->type == SW_GGUF_ARRAY || kv->type == SW_GGUF_BOOL || !to_int(kv->type, kv->data, &v) || v < 0 ||
        v > UINT32_MAX)
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be a whole number from 0 to 4294967295",
                       sw_file_path(part->file), key);
    *out = (uint32_t)v;
    return SW_OK;
}

sw_code sw_gguf_u32(const sw_gguf *g, const char *key, uint32_t fallback, uint32_t *out, sw_err *err)
{
    return sw__gguf_part_u32(&g->parts[0], key, fallback, out, err);
}

sw_code sw_gguf_f32(const sw_gguf *g, const char *key, float fallback, float *out, sw_err *err)
{
    const sw_gguf_kv *const kv = find(g, key);
    *out = fallback;
    if (kv == NULL)
        return SW_OK;
    double v;
    if (!to_real(kv->type, kv->data, &v) || !isfinite((float)v))
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be a finite number", sw_gguf_path(g), key);
    *out = (float)v;
    return SW_OK;
}

sw_code sw_gguf_bool(const sw_gguf *g, const char *key, bool fallback, bool *out, sw_err *err)
{
    const sw_gguf_kv *const kv = find(g, key);
    *out = fallback;
    if (kv == NULL)
        return SW_OK;
    int64_t v;
    if (!to_int(kv->type, kv->data, &v))
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be true or false", sw_gguf_path(g), key);
    *out = v != 0;
    return SW_OK;
}

sw_code sw_gguf_str(const sw_gguf *g, const char *key, sw_str *out, sw_err *err)
{
    const sw_gguf_kv *const kv = find(g, key);
    *out = (sw_str){NULL, 0};
    if (kv == NULL)
        return SW_OK;
    if (kv->type != SW_GGUF_STRING)
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be a string", sw_gguf_path(g), key);
    *out = (sw_str){(const char *)kv->data, (size_t)kv->size};
    return SW_OK;
}

sw_code sw_gguf_get_array(const sw_gguf *g, const char *key, sw_gguf_array *out, sw_err *err)
{
    const sw_gguf_kv *const kv = find(g, key);
    *out = (sw_gguf_array){0};
    if (kv == NULL)
        return SW_OK;
    if (kv->type != SW_GGUF_ARRAY)
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be an array", sw_gguf_path(g), key);
    *out = kv->array;
    return SW_OK;
}

sw_str sw_gguf_array_str(const sw_gguf_array *a, size_t i)
{
    const uint8_t *const p = a->data + a->str_offsets[i];
    uint64_t n;
    memcpy(&n, p, sizeof n);
    return (sw_str){(const char *)p + sizeof n, (size_t)n};
}

bool sw_gguf_array_int(const sw_gguf_array *a, size_t i, int64_t *out)
{
    return a->type != SW_GGUF_STRING && to_int(a->type, a->data + i * sw__gguf_value_bytes(a->type), out);
}

bool sw_gguf_array_real(const sw_gguf_array *a, size_t i, double *out)
{
    return a->type != SW_GGUF_STRING && to_real(a->type, a->data + i * sw__gguf_value_bytes(a->type), out);
}

bool sw_gguf_has(const sw_gguf *g, const char *key)
{
    return find(g, key) != NULL;
}

size_t sw_gguf_n_keys(const sw_gguf *g)
{
    return g->parts[0].n_kvs;
}
