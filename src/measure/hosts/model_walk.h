/* model_walk.h - the model files in folders, in an order that does not depend on the file system.
 *
 * In a folder and the three levels below it, every "*.gguf" is a model; of a split one the first part.  Hidden names
 * are passed over, and so are links to folders, which could lead around in a circle.
 */
#ifndef HOSTS_MODEL_WALK_H
#define HOSTS_MODEL_WALK_H

#include "spillway/error.h"

/* Receives the path of one file, which is valid during the call only.  Another result than SW_OK ends the walk. */
typedef sw_code (*model_walk_fn)(void *ud, const char *path, sw_err *err);

/* Walks through the folders `dirs` ("a;b"; "~/" at the start of one is the home folder).  Errors: SW_ENOTFOUND (names
 * a folder that is not there or cannot be read), SW_ELIMIT (more than LIMIT_MODEL_FOLDER_NAMES names), SW_ENOMEM, and
 * those of on_file. */
SW_NODISCARD sw_code model_walk(const char *dirs, model_walk_fn on_file, void *ud, sw_err *err);

#endif
