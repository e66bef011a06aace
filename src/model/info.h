/* info.h - what a model file is, told from its header. */
#ifndef SW_INFO_H
#define SW_INFO_H

#include "model/hparams.h"
#include "spillway.h"

sw_tensor_class sw_tensor_classify(sw_str name);

/* Fills sizes, counts and types of *info (not its strings but quant, which is static). */
void sw_info_count(const sw_gguf *g, const sw_hparams *h, sw_model_info *info);

#endif
