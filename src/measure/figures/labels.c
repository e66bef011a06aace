/* labels.c - appends one property after the other until no two labels are equal. */
#include "figures/labels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

enum {
    LABEL_BYTES_MAX = 1 << 29, // the memory is what is needed
    HASH_DIGITS = 8,
};

/* "org/model" is a name; a path begins at the root or with a drive. */
const char *label_base(const char *name)
{
    const bool is_path = name[0] == '/' || name[0] == '\\' || (name[0] != '\0' && name[1] == ':' && name[2] == '\\');
    const char *last = name;
    for (const char *p = name; is_path && *p != '\0'; p++)
        last = (*p == '/' || *p == '\\') && p[1] != '\0' ? p + 1 : last;
    return last;
}

/* ---- properties -------------------------------------------------------------------------------------------------- */

/* Appends what is known; nothing where it is not. */
typedef void put_property_fn(buf *out, const run_record *run, int subject);

/* The first server of a model; -1. */
static int server_of(const run_record *run, int subject)
{
    for (size_t i = 0; i < run->n_servers; i++) {
        if (run->servers[i].subject == subject)
            return (int)i;
    }
    return -1;
}

static void put_quantization(buf *out, const run_record *run, int subject)
{
    buf_puts(out, run->subjects[subject].quantization);
}

static void put_threads(buf *out, const run_record *run, int subject)
{
    const double n = run_number(run, subject, server_of(run, subject), FACT_N_THREADS);
    if (isfinite(n))
        buf_printf(out, "%.0f thread%s", n, n == 1 ? "" : "s");
}

static void put_context(buf *out, const run_record *run, int subject)
{
    const double n = run_number(run, subject, server_of(run, subject), FACT_N_CTX);
    if (isfinite(n))
        buf_printf(out, "context of %.0f", n);
}

static void put_file(buf *out, const run_record *run, int subject)
{
    buf_puts(out, label_base(run->subjects[subject].file_name));
}

static void put_size(buf *out, const run_record *run, int subject)
{
    if (run->subjects[subject].file_bytes > 0)
        buf_printf(out, "%.2f GiB", (double)run->subjects[subject].file_bytes / (1024.0 * 1024 * 1024));
}

/* The digits after "sampled-sha256:". */
static void put_hash(buf *out, const run_record *run, int subject)
{
    const char *const hash = run->subjects[subject].file_hash, *const colon = strchr(hash, ':');
    buf_printf(out, "%.*s", HASH_DIGITS, colon != NULL ? colon + 1 : hash);
}

static void put_number(buf *out, const run_record *run, int subject)
{
    (void)run;
    buf_printf(out, "model %d", subject + 1);
}

static put_property_fn *const PROPERTIES[] = {put_quantization, put_threads, put_context, put_file,
                                              put_size,         put_hash,    put_number};
enum { N_PROPERTIES = sizeof PROPERTIES / sizeof *PROPERTIES };

/* ---- labels ------------------------------------------------------------------------------------------------------ */

/* A label under way: the name with its server, the properties after it, and the one that may follow. */
typedef struct label {
    buf name, rest, property;
    bool is_longer; // it takes the property
} label;

static bool is_equal(const buf *a, const buf *b)
{
    return strcmp(buf_str(a), buf_str(b)) == 0;
}

/* Of those with one label, all take the property if it differs between any two of them. */
static void compare_all(label *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++)
            labels[i].is_longer |= is_equal(&labels[i].name, &labels[k].name) &&
                                   is_equal(&labels[i].rest, &labels[k].rest) &&
                                   !is_equal(&labels[i].property, &labels[k].property);
    }
}

static void add_property(label *labels, const run_record *run, put_property_fn *put)
{
    for (size_t i = 0; i < run->n_subjects; i++) {
        buf_clear(&labels[i].property);
        labels[i].is_longer = false;
        put(&labels[i].property, run, (int)i);
    }
    compare_all(labels, run->n_subjects);
    for (size_t i = 0; i < run->n_subjects; i++) {
        label *const l = &labels[i];
        if (l->is_longer && l->property.size > 0)
            buf_printf(&l->rest, "%s%s", l->rest.size > 0 ? ", " : "", buf_str(&l->property));
        l->rest.failed = l->property.failed != SW_OK ? l->property.failed : l->rest.failed;
    }
}

static const char *software_of(const run_record *run, int subject)
{
    const int server = server_of(run, subject);
    return server >= 0 ? run->servers[server].software : "";
}

/* Models that different programs serve are called by these, too. */
static bool has_several_programs(const run_record *run)
{
    const char *first = "";
    for (size_t i = 0; i < run->n_subjects; i++) {
        const char *const software = software_of(run, (int)i);
        if (first[0] != '\0' && software[0] != '\0' && strcmp(software, first) != 0)
            return true;
        first = first[0] != '\0' ? first : software;
    }
    return false;
}

/* A model without a name is called by its number. */
static void begin(label *l, const run_record *run, int subject, bool has_programs)
{
    const char *const software = has_programs ? software_of(run, subject) : "";
    buf_init(&l->name, LABEL_BYTES_MAX);
    buf_init(&l->rest, LABEL_BYTES_MAX);
    buf_init(&l->property, LABEL_BYTES_MAX);
    buf_puts(&l->name, label_base(run->subjects[subject].name));
    if (l->name.size == 0)
        put_number(&l->name, run, subject);
    buf_printf(&l->name, "%s%s", software[0] != '\0' ? " on " : "", software);
}

/* The whole text, which the caller frees; NULL when memory is or was short.  Frees the rest. */
static char *end(label *l)
{
    if (l->rest.size > 0)
        buf_printf(&l->name, " (%s)", buf_str(&l->rest));
    l->name.failed = l->rest.failed != SW_OK ? l->rest.failed : l->name.failed;
    buf_free(&l->rest);
    buf_free(&l->property);
    return buf_take(&l->name);
}

sw_code labels_of(const run_record *run, char *out[], sw_err *err)
{
    label *const labels = mem_calloc(run->n_subjects + 1, sizeof *labels);
    const bool has_programs = has_several_programs(run);
    bool has_failed = labels == NULL;
    for (size_t i = 0; labels != NULL && i < run->n_subjects; i++)
        begin(&labels[i], run, (int)i, has_programs);
    for (size_t p = 0; labels != NULL && p < N_PROPERTIES; p++)
        add_property(labels, run, PROPERTIES[p]);
    for (size_t i = 0; i < run->n_subjects; i++) {
        out[i] = labels != NULL ? end(&labels[i]) : NULL;
        has_failed |= out[i] == NULL;
    }
    mem_free(labels);
    return has_failed ? sw_fail(err, SW_ENOMEM, "out of memory for the names of %zu models", run->n_subjects) : SW_OK;
}
