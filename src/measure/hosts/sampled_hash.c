/* sampled_hash.c - reads some blocks of a file and hashes them. */
#include "hosts/sampled_hash.h"

#include <stdio.h>

#include <nettle/sha2.h>

#include "base/alloc.h"
#include "base/file.h"

enum { HEAD_BYTES = 1 << 20, BLOCK_BYTES = 64 << 10, N_BLOCKS = 256 };

/* Hashes n bytes from `offset` on; buffer: (HEAD_BYTES). */
static sw_code hash_range(struct sha256_ctx *hash, infile *f, uint64_t offset, uint64_t n, uint8_t *buffer, sw_err *err)
{
    sw_code code = SW_OK;
    for (uint64_t done = 0; done < n && code == SW_OK;) {
        const size_t step = n - done < HEAD_BYTES ? (size_t)(n - done) : (size_t)HEAD_BYTES;
        code = infile_read(f, offset + done, buffer, step, err);
        if (code == SW_OK)
            sha256_update(hash, step, buffer);
        done += step;
    }
    return code;
}

static sw_code hash_file(struct sha256_ctx *hash, infile *f, uint8_t *buffer, sw_err *err)
{
    const uint64_t size = infile_size(f), sampled = HEAD_BYTES + (uint64_t)N_BLOCKS * BLOCK_BYTES;
    uint8_t size_bytes[8];
    for (int i = 0; i < 8; i++)
        size_bytes[i] = (uint8_t)(size >> (8 * i));
    sha256_update(hash, sizeof size_bytes, size_bytes);
    if (size <= sampled)
        return hash_range(hash, f, 0, size, buffer, err);
    sw_code code = hash_range(hash, f, 0, HEAD_BYTES, buffer, err);
    for (uint64_t i = 0; i < N_BLOCKS && code == SW_OK; i++)
        code = hash_range(hash, f, (size - BLOCK_BYTES) * i / (N_BLOCKS - 1), BLOCK_BYTES, buffer, err);
    return code;
}

static void write_digest(struct sha256_ctx *hash, char out[SAMPLED_HASH_BYTES])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(hash, sizeof digest, digest);
    int n = snprintf(out, SAMPLED_HASH_BYTES, "sampled-sha256:");
    for (size_t i = 0; i < sizeof digest; i++)
        n += snprintf(out + n, SAMPLED_HASH_BYTES - (size_t)n, "%02x", digest[i]);
}

sw_code sampled_hash(const char *path, char out[SAMPLED_HASH_BYTES], sw_err *err)
{
    infile *f;
    struct sha256_ctx hash;
    out[0] = '\0';
    sw_code code = infile_open(&f, path, err);
    if (code != SW_OK)
        return code;
    uint8_t *const buffer = mem_alloc(HEAD_BYTES);
    sha256_init(&hash);
    code = buffer != NULL ? hash_file(&hash, f, buffer, err)
                          : sw_fail(err, SW_ENOMEM, "out of memory for the hash of %s", path);
    if (code == SW_OK)
        write_digest(&hash, out);
    mem_free(buffer);
    infile_close(f);
    return code;
}
