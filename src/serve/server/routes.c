/* routes.c - the table of URLs.  A new endpoint is a row here and a function in a file of its subject. */
#include "server/routes.h"
#include "dialects/openai_chat.h"
#include "dialects/openai_completion.h"
#include "dialects/openai_embedding.h"
#include "dialects/openai_responses.h"

#include "server/exchange.h"
#include "server/ws_session.h"

enum { SHOW_BODY_BYTES = 65536 }; // the name of a model

// clang-format off
const http_route SERVER_ROUTES[] = {
    {"GET",  "/health",              true,  0, health_route},
    {"GET",  "/v1/health",           true,  0, health_route},
    {"GET",  "/health/live",         true,  0, live_route},
    {"GET",  "/",                    true,  0, live_route}, // programs of Ollama look here first
    {"GET",  "/health/ready",        true,  0, ready_route},
    {"GET",  "/metrics",             false, 0, metrics_route},
    {"GET",  "/diag",                false, 0, diag_route},
    {"GET",  "/v1/models",           true,  0, models_route},
    {"GET",  "/models",              true,  0, models_route},
    {"GET",  "/v1/models/",          true,  0, model_route},
    {"GET",  "/models/",             true,  0, model_route},
    {"GET",  "/v1/experts",          false, 0, experts_route},
    {"GET",  "/v1/placement",        false, 0, placement_route},
    {"DELETE", "/v1/experts",        false, 0, experts_reset_route},
    {"GET",  "/v1/experts/stream",   false, 0, experts_stream_route},
    {"GET",  "/v1/experts/trace",    false, 0, experts_trace_route},
    {"GET",  "/api/models",          false, 0, api_models_route},
    {"POST", "/api/models/discover", false, HTTP_OPTIONAL_BODY, discover_route},
    {"GET",  "/api/models/",         false, 0, model_status_route},
    {"POST", "/api/models/",         false, HTTP_OPTIONAL_BODY, model_action_route},
    {"GET",  "/api/tools",           false, 0, not_supported_route},
    {"POST", "/api/tools/",          false, 0, not_supported_route},
    {"POST", "/api/workflows/execute", false, 0, not_supported_route},
    {"POST", "/v1/chat/completions", false, 0, chat_route},
    {"POST", "/chat/completions",    false, 0, chat_route},
    {"POST", "/v1/completions",      false, 0, completion_route},
    {"POST", "/completions",         false, 0, completion_route},
    {"POST", "/v1/responses",        false, 0, responses_route},
    {"POST", "/responses",           false, 0, responses_route},
    {"POST", "/v1/messages",         false, 0, messages_route},
    {"POST", "/v1/messages/count_tokens", false, 0, count_tokens_route},
    {"POST", "/api/chat",            false, 0, ollama_chat_route},
    {"POST", "/api/generate",        false, 0, generate_route},
    {"POST", "/api/embed",           false, 0, embed_route},
    {"GET",  "/api/tags",            false, 0, tags_route},
    {"GET",  "/api/ps",              false, 0, ps_route},
    {"POST", "/api/show",            false, SHOW_BODY_BYTES, show_route},
    {"GET",  "/api/version",         false, 0, ollama_version_route},
    {"POST", "/api/pull",            false, 0, model_files_route},
    {"POST", "/api/push",            false, 0, model_files_route},
    {"POST", "/api/create",          false, 0, model_files_route},
    {"POST", "/api/copy",            false, 0, model_files_route},
    {"DELETE", "/api/delete",        false, 0, model_files_route},
    {"POST", "/v1/embeddings",       false, 0, embedding_route},
    {"POST", "/embeddings",          false, 0, embedding_route},
    {"GET",  "/ws/generate",         false, 0, ws_route},
    {"POST", "/apply-template",      false, 0, apply_template_route},
    {"POST", "/completion",          false, 0, llama_completion_route},
    {"POST", "/tokenize",            false, 0, tokenize_route},
    {"POST", "/detokenize",          false, 0, detokenize_route},
    {"GET",  "/props",               false, 0, props_route},
    {"POST", "/props",               false, HTTP_OPTIONAL_BODY, llama_refusal_route},
    {"GET",  "/slots",               false, 0, slots_route},
    {"POST", "/slots/",              false, HTTP_OPTIONAL_BODY, llama_refusal_route},
    {"POST", "/infill",              false, 0, llama_refusal_route},
    {"POST", "/embedding",           false, 0, llama_refusal_route},
    {"POST", "/rerank",              false, 0, llama_refusal_route},
    {"POST", "/reranking",           false, 0, llama_refusal_route},
    {"POST", "/v1/rerank",           false, 0, llama_refusal_route},
    {"POST", "/v1/reranking",        false, 0, llama_refusal_route},
    {"GET",  "/lora-adapters",       false, 0, llama_refusal_route},
    {"POST", "/lora-adapters",       false, HTTP_OPTIONAL_BODY, llama_refusal_route},
};
// clang-format on
const size_t N_SERVER_ROUTES = sizeof SERVER_ROUTES / sizeof SERVER_ROUTES[0];

void chat_route(http_conn *c, void *ud)
{
    exchange_begin(ud, c, &OPENAI_CHAT);
}

void completion_route(http_conn *c, void *ud)
{
    exchange_begin(ud, c, &OPENAI_COMPLETION);
}

void responses_route(http_conn *c, void *ud)
{
    exchange_begin(ud, c, &OPENAI_RESPONSES);
}

void embedding_route(http_conn *c, void *ud)
{
    exchange_begin(ud, c, &OPENAI_EMBEDDING);
}

void ws_route(http_conn *c, void *ud)
{
    ws_session_begin(ud, c);
}
