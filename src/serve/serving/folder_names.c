/* folder_names.c - readdir, bounded. */
#include "serving/folder_names.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

static int compare(const void *a, const void *b)
{
    return strcmp(((const folder_name *)a)->text, ((const folder_name *)b)->text);
}

/* Returns false if memory is short. */
static bool append(folder_names *f, const struct dirent *entry)
{
    const char *const text = entry->d_name;
    if (text[0] == '.' || !utf8_valid(text, strlen(text)))
        return true;
    if (!mem_grow(&f->names, &f->cap, f->n + 1, sizeof *f->names))
        return false;
    const folder_name name = {mem_strdup(text), entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN};
    if (name.text != NULL)
        f->names[f->n++] = name;
    return name.text != NULL;
}

/* Returns true if one more name may be looked at. */
static bool take_from(folder_budget *budget)
{
    if (budget->n_left == 0)
        budget->is_cut = true;
    else
        budget->n_left--;
    return !budget->is_cut;
}

sw_code folder_names_read(folder_names *out, const char *folder, folder_budget *budget, sw_err *err)
{
    *out = (folder_names){0};
    DIR *const dir = opendir(folder);
    const struct dirent *entry;
    bool fits = true;
    while (dir != NULL && fits && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (!take_from(budget))
            break;
        fits = append(out, entry);
    }
    if (dir != NULL)
        closedir(dir);
    if (!fits)
        return sw_fail(err, SW_ENOMEM, "not enough memory for the names of a folder");
    if (out->n > 0)
        qsort(out->names, out->n, sizeof *out->names, compare);
    return SW_OK;
}

void folder_names_free(folder_names *f)
{
    for (size_t i = 0; i < f->n; i++)
        mem_free(f->names[i].text);
    mem_free(f->names);
    *f = (folder_names){0};
}
