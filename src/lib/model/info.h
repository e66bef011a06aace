/* info.h - the facts of a model file that its header alone holds. */
#ifndef MODEL_INFO_H
#define MODEL_INFO_H

#include "model/hparams.h"
#include "spillway.h"

sw_tensor_class info_classify_tensor(str_view name);

/* Fills sizes, counts and types of *info (not its strings but quant, which is static). */
void info_count(const gguf_file *g, const hparams *h, sw_model_info *info);

#endif
