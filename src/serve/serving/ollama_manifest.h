/* ollama_manifest.h - one manifest of Ollama's store: which blob holds the weights of a model.
 *
 * A manifest is a JSON file from outside: it is read strictly and bounded, and only a checked digest leaves it.
 */
#ifndef SERVING_OLLAMA_MANIFEST_H
#define SERVING_OLLAMA_MANIFEST_H

#include <stddef.h>

#include "spillway/error.h"

enum { OLLAMA_DIGEST_BYTES = 65, OLLAMA_NAME_BYTES = 512 };

/* Writes the digest (64 hexadecimal digits) of the blob with the weights.  Errors: SW_EFORMAT (no manifest, no weights,
 * several files of weights, or an adapter, which would change the weights), SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code ollama_manifest_read(const char *text, size_t n, char digest[OLLAMA_DIGEST_BYTES], sw_err *err);

/* Writes the name of a model as Ollama shows it, from the place of its manifest, HOST/NAMESPACE/MODEL/TAG:
 * "registry.ollama.ai/library/m/latest" is "m:latest".  Error: SW_ELIMIT, it does not fit. */
SW_NODISCARD sw_code ollama_manifest_name(const char *place, char name[OLLAMA_NAME_BYTES], sw_err *err);

#endif
