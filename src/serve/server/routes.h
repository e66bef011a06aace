/* routes.h - the table of URLs, and what they do; each handler answers, or hands the connection to an owner. */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include "http/http.h"

extern const http_route SERVER_ROUTES[];
extern const size_t N_SERVER_ROUTES;

/* `ud` is the server. */
void chat_route(http_conn *c, void *ud);
void ws_route(http_conn *c, void *ud);
void completion_route(http_conn *c, void *ud);
void responses_route(http_conn *c, void *ud);
void messages_route(http_conn *c, void *ud);
void count_tokens_route(http_conn *c, void *ud);
void ollama_chat_route(http_conn *c, void *ud);
void generate_route(http_conn *c, void *ud);
void embed_route(http_conn *c, void *ud);
void tags_route(http_conn *c, void *ud);
void ps_route(http_conn *c, void *ud);
void show_route(http_conn *c, void *ud);
void ollama_version_route(http_conn *c, void *ud);
void model_files_route(http_conn *c, void *ud);
void embedding_route(http_conn *c, void *ud);
void apply_template_route(http_conn *c, void *ud);
void llama_completion_route(http_conn *c, void *ud);
void tokenize_route(http_conn *c, void *ud);
void detokenize_route(http_conn *c, void *ud);
void props_route(http_conn *c, void *ud);
void slots_route(http_conn *c, void *ud);
void llama_refusal_route(http_conn *c, void *ud);
void models_route(http_conn *c, void *ud);
void model_route(http_conn *c, void *ud);
void experts_route(http_conn *c, void *ud);
void placement_route(http_conn *c, void *ud);
void experts_reset_route(http_conn *c, void *ud);
void experts_stream_route(http_conn *c, void *ud);
void experts_trace_route(http_conn *c, void *ud);
void metrics_route(http_conn *c, void *ud);
void diag_route(http_conn *c, void *ud);
void api_models_route(http_conn *c, void *ud);
void discover_route(http_conn *c, void *ud);
void model_action_route(http_conn *c, void *ud);
void model_status_route(http_conn *c, void *ud);
void not_supported_route(http_conn *c, void *ud);
void root_route(http_conn *c, void *ud);
void health_route(http_conn *c, void *ud);
void live_route(http_conn *c, void *ud);
void ready_route(http_conn *c, void *ud);

#endif
