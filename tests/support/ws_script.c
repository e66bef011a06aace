/* ws_script.c - see ws_script.h; a script with an error ends the test. */
#include "support/ws_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAYLOAD_BYTES_MAX = 1 << 22, OPCODE_TEXT = 1, OPCODE_BINARY = 2 };

/* One frame, as it is to be written. */
typedef struct frame {
    int opcode, rsv, n_length; // n_length: 0, 2 or 8 bytes of length; -1: the shortest form
    bool is_fragment, is_masked;
    unsigned long n_missing; // announced, and not in `payload`
    buf payload;
} frame;

static unsigned hex_byte(const char *s)
{
    unsigned byte = 0;
    if (sscanf(s, "%2x", &byte) != 1)
        fail_msg("not hexadecimal: %s", s);
    return byte;
}

static const char *read_hex(const char *s, buf *out)
{
    for (; strchr("0123456789abcdef", *s) != NULL && *s != '\0'; s += 2)
        buf_putc(out, (char)hex_byte(s));
    return s;
}

static const char *read_modifiers(const char *s, frame *f)
{
    char *end = NULL;
    for (;; s = end) {
        end = (char *)(uintptr_t)s + 1;
        if (*s == '!')
            f->is_masked = false;
        else if (*s == '=')
            f->rsv = (int)strtol(s + 1, &end, 10);
        else if (*s == '~')
            f->n_missing = strtoul(s + 1, &end, 10);
        else if (*s == '^')
            f->n_length = (int)strtol(s + 1, &end, 10);
        else
            return s;
    }
}

static const char *read_opcode(const char *s, frame *f)
{
    static const char LETTERS[] = "KTB.....CPO";
    if (*s == '#') {
        f->opcode = (int)strtol((const char[]){s[1], '\0'}, NULL, 16);
        return s + 2;
    }
    f->is_fragment = *s >= 'a';
    const char *const letter = memchr(LETTERS, *s & ~0x20, sizeof LETTERS - 1);
    if (letter == NULL)
        fail_msg("no frame: %s", s);
    f->opcode = (int)(letter - LETTERS);
    return s + 1;
}

static const char *read_payload(const char *s, frame *f)
{
    char *end = NULL;
    while (*s != ' ' && *s != '\0') {
        const size_t n_text = *s == '\'' ? strcspn(s + 1, "'") : 0;
        if (*s == '\'') {
            buf_append(&f->payload, s + 1, n_text);
            s += n_text + 2;
        } else if (*s == '<') {
            s = read_hex(s + 1, &f->payload) + 1;
        } else if (*s == '*') {
            for (unsigned long n = strtoul(s + 1, &end, 10); n > 0; n--)
                buf_putc(&f->payload, '*');
            s = end;
        } else {
            const unsigned long code = strtoul(s, &end, 10);
            if (end == s)
                fail_msg("no payload: %s", s);
            buf_append(&f->payload, (const char[]){(char)(code >> 8), (char)code}, 2);
            s = end;
        }
    }
    assert_int_equal(f->payload.failed, SW_OK);
    return s;
}

static void write_frame(buf *out, const frame *f, uint32_t key)
{
    const unsigned long n = f->payload.size + f->n_missing;
    const int n_length = f->n_length >= 0 ? f->n_length : n < 126 ? 0 : n < 65536 ? 2 : 8;
    buf_putc(out, (char)((f->is_fragment ? 0 : 0x80) | f->rsv << 4 | f->opcode));
    buf_putc(out, (char)((f->is_masked ? 0x80 : 0) | (n_length == 0 ? (int)n : n_length == 2 ? 126 : 127)));
    for (int i = n_length - 1; i >= 0; i--)
        buf_putc(out, (char)(n >> 8 * i));
    if (f->is_masked)
        buf_append(out, &key, sizeof key);
    for (size_t i = 0; i < f->payload.size; i++)
        buf_putc(out, (char)(f->payload.data[i] ^ (f->is_masked ? ((const char *)&key)[i % 4] : 0)));
}

/* Bytes become a text about them. */
static void sum_up(frame *f)
{
    char text[64];
    ws_script_sum(text, buf_str(&f->payload), f->payload.size);
    f->opcode = OPCODE_TEXT;
    buf_clear(&f->payload);
    buf_puts(&f->payload, text);
}

void ws_script_write(buf *out, const char *script, bool is_client)
{
    uint32_t key = 0x9d3a51c7;
    for (const char *s = script; *s != '\0'; s += *s == ' ') {
        if (*s == 'x') {
            s = read_hex(s + 1, out);
            continue;
        }
        frame f = {.is_masked = is_client, .n_length = -1};
        buf_init(&f.payload, PAYLOAD_BYTES_MAX);
        s = read_payload(read_opcode(read_modifiers(s, &f), &f), &f);
        if (!is_client && f.opcode == OPCODE_BINARY)
            sum_up(&f);
        write_frame(out, &f, key);
        buf_free(&f.payload);
        key = key * 2654435761u + 1;
    }
    assert_int_equal(out->failed, SW_OK);
}

void ws_script_sum(char out[64], const char *data, size_t n)
{
    unsigned long sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = sum * 31 + (unsigned char)data[i];
    snprintf(out, 64, "%zu bytes, sum %lu", n, sum);
}
