#include "token/token_roles.h"

/* Published files type some of these as user-defined or normal.  Left so, text from outside could contain them: an end
 * of turn, or a marker of the chat format, typed by a user.  The third group is this project's own addition to what
 * other engines override, for that reason. */
// clang-format off
static const token_role ROLES[] = {
    // Ends of a generation, and the padding and separators of code infilling, which never belong to an answer.
    {"<|eot_id|>", true}, {"<|im_end|>", true}, {"<|end|>", true}, {"<|return|>", true}, {"<|call|>", true},
    {"<|flush|>", true}, {"<|calls|>", true}, {"<end_of_turn>", true}, {"<|endoftext|>", true}, {"</s>", true},
    {"<|eom_id|>", true}, {"<EOT>", true}, {"_<EOT>", true}, {"[EOT]", true}, {"[EOS]", true},
    {"<|end_of_text|>", true}, {"<end_of_utterance>", true}, {"<eos>", true}, {"<turn|>", true},
    {"<|tool_response>", true}, {"<｜end▁of▁sentence｜>", true}, {"[e~[", true},
    {"<|fim_pad|>", true}, {"<fim-pad>", true}, {"<fim_pad>", true}, {"<PAD>", true}, {"[PAD]", true},
    {"<|fim_repo|>", true}, {"<|repo_name|>", true}, {"<fim-repo>", true}, {"<REPO>", true}, {"<reponame>", true},
    {"<|file_sep|>", true},
    // Code infilling.
    {"<|fim_prefix|>", false}, {"<fim-prefix>", false}, {"<fim_prefix>", false}, {"<｜fim▁begin｜>", false},
    {"<PRE>", false}, {"▁<PRE>", false}, {"<|code_prefix|>", false},
    {"<|fim_suffix|>", false}, {"<fim-suffix>", false}, {"<fim_suffix>", false}, {"<｜fim▁hole｜>", false},
    {"<SUF>", false}, {"▁<SUF>", false}, {"<|code_suffix|>", false},
    {"<|fim_middle|>", false}, {"<fim-middle>", false}, {"<fim_middle>", false}, {"<｜fim▁end｜>", false},
    {"<MID>", false}, {"▁<MID>", false}, {"<|code_middle|>", false},
    // Markers of the chat formats.
    {"<|start|>", false}, {"<|message|>", false}, {"<|channel|>", false}, {"<|constrain|>", false},
    {"<|im_start|>", false}, {"<|system|>", false}, {"<|user|>", false}, {"<|assistant|>", false},
    {"<|start_header_id|>", false}, {"<|end_header_id|>", false}, {"<｜User｜>", false}, {"<｜Assistant｜>", false},
    {"[INST]", false}, {"[/INST]", false},
};
// clang-format on

const token_role *token_roles(size_t *n_out)
{
    *n_out = sizeof ROLES / sizeof *ROLES;
    return ROLES;
}
