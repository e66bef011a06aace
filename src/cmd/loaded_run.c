/* loaded_run.c - finds, loads, computes. */
#include "cmd/loaded_run.h"

#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "cmd/baselines.h"
#include "results/store.h"
#include "share/shared_run.h"

enum { NAME_BYTES_MAX = 1 << 20 };

/* The path of a baseline, kept; or the text itself. */
static sw_code find(const char *text, const char *folder, arena *keep, run_name *out, sw_err *err)
{
    struct stat st;
    if (!baseline_is_name(text) || !baseline_exists(folder, text))
        return run_name_parse(text, keep, out, err);
    if (stat(text, &st) == 0)
        return sw_fail(err, SW_EINVAL, "'%s' is a baseline and a file; the file is ./%s, the baseline %.100s/%s.sqlite",
                       text, text, folder, text);
    buf path;
    buf_init(&path, NAME_BYTES_MAX);
    baseline_put_path(&path, folder, text);
    out->id = 0;
    out->store = path.failed == SW_OK ? arena_copy(keep, buf_str(&path), path.size) : NULL;
    buf_free(&path);
    return out->store != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory looking for a baseline");
}

static sw_code load_stored(loaded_run *out, const run_name *name, sw_err *err)
{
    result_store *store;
    sw_code code = store_open(&store, name->store, /*read_only=*/true, err);
    if (code != SW_OK)
        return code;
    code = store_load_run(store, name->id, &out->run, err);
    store_close(store);
    return code == SW_OK ? run_analysis_of(out->run, &out->analysis, err) : code;
}

static sw_code load_shared(loaded_run *out, const run_name *name, sw_err *err)
{
    if (name->id != 0)
        return sw_fail(err, SW_EINVAL, "%.200s is a shared file and has one run; leave out the number", name->store);
    const sw_code code = share_load(&out->shared, name->store, err);
    return code == SW_OK ? shared_run_of(out->shared, &out->run, &out->analysis, err) : code;
}

void loaded_run_put_name(buf *out, const run_name *name)
{
    if (share_is_file(name->store))
        escape_terminal(out, name->store, strlen(name->store));
    else
        run_name_put(out, name->store, name->id);
}

sw_code loaded_run_of(loaded_run *out, const run_name *name, sw_err *err)
{
    *out = (loaded_run){0};
    const bool is_shared = share_is_file(name->store);
    const sw_code code = is_shared ? load_shared(out, name, err) : load_stored(out, name, err);
    if (code != SW_OK)
        return code;
    buf text;
    buf_init(&text, NAME_BYTES_MAX);
    loaded_run_put_name(&text, &(run_name){name->store, out->run->info.id});
    out->name = buf_take(&text);
    return out->name != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory loading a run");
}

sw_code loaded_run_share(loaded_run *run, sw_err *err)
{
    if (run->shared != NULL)
        return SW_OK;
    const sw_code code = shared_again(&run->analysis, &run->shared, err);
    if (code != SW_OK)
        return code;
    run_analysis_free(&run->analysis);
    run_record_free(run->run);
    return shared_run_of(run->shared, &run->run, &run->analysis, err);
}

sw_code loaded_run_open(loaded_run *out, const char *text, const char *folder, sw_err *err)
{
    *out = (loaded_run){0};
    run_name name;
    arena *const keep = arena_create();
    sw_code code = keep != NULL ? find(text, folder, keep, &name, err)
                                : sw_fail(err, SW_ENOMEM, "out of memory looking for a run");
    if (code == SW_OK)
        code = loaded_run_of(out, &name, err);
    arena_free(keep);
    return code;
}

void loaded_run_free(loaded_run *run)
{
    mem_free(run->name);
    run_analysis_free(&run->analysis);
    run_record_free(run->run);
    share_free(run->shared);
    *run = (loaded_run){0};
}
