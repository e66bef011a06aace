/* values.c - metadata values: lenient about which number type a key has, strict about what it says. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "gguf/gguf_parts.h"

bool str_view_eq(str_view s, const char *z)
{
    return s.size == strlen(z) && memcmp(s.data, z, s.size) == 0;
}

const gguf_kv *gguf_part_find(const gguf_part *part, const char *key)
{
    const int64_t i = strmap_find(&part->keys, key, strlen(key));
    return i < 0 ? NULL : &part->kvs[i];
}

/* Metadata stands in the first file of a split model. */
static const gguf_kv *find(const gguf_file *g, const char *key)
{
    return gguf_part_find(&g->parts[0], key);
}

size_t gguf_value_bytes(gguf_value type)
{
    static const uint8_t BYTES[GGUF_N_VALUES] = {
        [GGUF_U8] = 1,  [GGUF_I8] = 1,  [GGUF_BOOL] = 1, [GGUF_U16] = 2, [GGUF_I16] = 2, [GGUF_U32] = 4,
        [GGUF_I32] = 4, [GGUF_F32] = 4, [GGUF_U64] = 8,  [GGUF_I64] = 8, [GGUF_F64] = 8,
    };
    return BYTES[type];
}

/* An integer of any width; false for other types and for values above INT64_MAX. */
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

sw_code gguf_part_u32(const gguf_part *part, const char *key, uint32_t fallback, uint32_t *out, sw_err *err)
{
    const gguf_kv *const kv = gguf_part_find(part, key);
    *out = fallback;
    if (kv == NULL)
        return SW_OK;
    int64_t v;
    if (kv->type == GGUF_ARRAY || kv->type == GGUF_BOOL || !to_int(kv->type, kv->data, &v) || v < 0 || v > UINT32_MAX)
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be a whole number from 0 to 4294967295",
                       infile_path(part->file), key);
    *out = (uint32_t)v;
    return SW_OK;
}

sw_code gguf_u32(const gguf_file *g, const char *key, uint32_t fallback, uint32_t *out, sw_err *err)
{
    return gguf_part_u32(&g->parts[0], key, fallback, out, err);
}

sw_code gguf_f32(const gguf_file *g, const char *key, float fallback, float *out, sw_err *err)
{
    const gguf_kv *const kv = find(g, key);
    *out = fallback;
    if (kv == NULL)
        return SW_OK;
    double v;
    if (!to_real(kv->type, kv->data, &v) || !isfinite((float)v))
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be a finite number", gguf_path(g), key);
    *out = (float)v;
    return SW_OK;
}

sw_code gguf_bool(const gguf_file *g, const char *key, bool fallback, bool *out, sw_err *err)
{
    const gguf_kv *const kv = find(g, key);
    *out = fallback;
    if (kv == NULL)
        return SW_OK;
    int64_t v;
    if (!to_int(kv->type, kv->data, &v))
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be true or false", gguf_path(g), key);
    *out = v != 0;
    return SW_OK;
}

sw_code gguf_str(const gguf_file *g, const char *key, str_view *out, sw_err *err)
{
    const gguf_kv *const kv = find(g, key);
    *out = (str_view){NULL, 0};
    if (kv == NULL)
        return SW_OK;
    if (kv->type != GGUF_STRING)
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be a string", gguf_path(g), key);
    *out = (str_view){(const char *)kv->data, (size_t)kv->size};
    return SW_OK;
}

sw_code gguf_get_array(const gguf_file *g, const char *key, gguf_array *out, sw_err *err)
{
    const gguf_kv *const kv = find(g, key);
    *out = (gguf_array){0};
    if (kv == NULL)
        return SW_OK;
    if (kv->type != GGUF_ARRAY)
        return sw_fail(err, SW_EFORMAT, "%s: key '%s' must be an array", gguf_path(g), key);
    *out = kv->array;
    return SW_OK;
}

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

bool gguf_has(const gguf_file *g, const char *key)
{
    return find(g, key) != NULL;
}

size_t gguf_n_keys(const gguf_file *g)
{
    return g->parts[0].n_kvs;
}
