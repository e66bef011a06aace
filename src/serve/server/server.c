#include "server/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "http/guard.h"
#include "server/internal.h"

enum {
    PORT_FIRST = 11435,
    PORT_LAST = 11535,
    HEADER_BUFFER_BYTES = 65535, // libwebsockets gives up a connection beyond; we refuse with 431 before
    HEADER_TIMEOUT_S = 10,
    KEEPALIVE_TIMEOUT_S = 75, // an idle connection, longer than clients' pools keep them
    FILES_BESIDE_CONNECTIONS = 64,
    DRAIN_S = 2, // at the end, for last bytes to leave
};

/* ---- signals --------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t signal_seen;
static struct lws_context *volatile signal_context;

static void on_signal(int number)
{
    signal_seen = number;
    if (signal_context != NULL)
        lws_cancel_service(signal_context); // writes to an eventfd
}

static void set_signals(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* ---- listening ------------------------------------------------------------------------------------------------- */

/* Whether the port could be bound now; errno says why not. */
static bool port_is_free(const char *address, int port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    const bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    const int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
    const int one = 1;
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const bool is_free = bind(fd, is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6,
                              is_v4 ? sizeof v4 : sizeof v6) == 0;
    const int why = errno;
    close(fd);
    errno = why;
    return is_free;
}

static const struct lws_protocols PROTOCOLS[] = {
    {.name = "http", .callback = http_callback, .tx_packet_size = 65536},
    {0},
};

static sw_code listen_on(server_state *s, int port, int *port_out, sw_err *err)
{
    const char *const address = s->options->address;
    const bool is_v6 = strchr(address, ':') != NULL;
    if (!port_is_free(address, port))
        return sw_fail(err, errno == EADDRINUSE ? SW_EBUSY : SW_EIO, "server: cannot listen on %s port %d: %s", address,
                       port, strerror(errno));
    const struct lws_context_creation_info info = {
        .port = port,
        .iface = address,
        .protocols = PROTOCOLS,
        .options = is_v6 ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6,
        .vhost_name = "spillway",
        .keepalive_timeout = KEEPALIVE_TIMEOUT_S,
        .timeout_secs_ah_idle = HEADER_TIMEOUT_S,
    };
    struct lws_vhost *const vhost = lws_create_vhost(s->lws, &info);
    if (vhost == NULL)
        return sw_fail(err, SW_EBUSY, "server: cannot listen on %s port %d", address, port);
    *port_out = lws_get_vhost_listen_port(vhost);
    return SW_OK;
}

static sw_code listen_somewhere(server_state *s, int *port_out, sw_err *err)
{
    if (s->options->port >= 0)
        return listen_on(s, s->options->port, port_out, err);
    for (int port = PORT_FIRST; port <= PORT_LAST; port++) {
        sw_err_clear(err);
        const sw_code code = listen_on(s, port, port_out, err);
        if (code != SW_EBUSY)
            return code;
    }
    sw_err_clear(err);
    return sw_fail(err, SW_EBUSY, "server: no port from %d to %d is free on %s", PORT_FIRST, PORT_LAST,
                   s->options->address);
}

/* Room for every connection, where the usual limit of 1024 open files would not have it. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    const rlim_t wanted = LIMIT_HTTP_CONNECTIONS + FILES_BESIDE_CONNECTIONS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static sw_code create_context(server_state *s, sw_err *err)
{
    const struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .server_string = "spillway",
        .user = s,
        .max_http_header_data2 = HEADER_BUFFER_BYTES,
        .max_http_header_pool2 = LIMIT_HTTP_CONNECTIONS,
        .fd_limit_per_thread = LIMIT_HTTP_CONNECTIONS + 16,
        // Bodies have their own, shorter deadline, which answers before it closes.
        .timeout_secs = (unsigned)s->options->body_timeout_s + 10,
        .pt_serv_buf_size = 65536,
    };
    raise_file_limit();
    lws_set_log_level(LLL_ERR, NULL);
    s->lws = lws_create_context(&info);
    return s->lws != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "server: libwebsockets could not start");
}

/* ---- models ---------------------------------------------------------------------------------------------------- */

/* Fills the catalog and decides what to load at start: the model that was named, or the only one that there is. */
static sw_code find_models(server_state *s, sw_err *err)
{
    const char *const model = s->options->model;
    struct stat st;
    const bool is_path = model != NULL && (strcmp(model, "stub:") == 0 || stat(model, &st) == 0);
    if (is_path && catalog_add(&s->catalog, model, err) != SW_OK)
        return err->code;
    if (!(is_path && strcmp(model, "stub:") == 0) && catalog_scan(&s->catalog, s->options->model_dirs, err) != SW_OK)
        return err->code;
    if (is_path)
        s->first = &s->catalog.entries[0];
    else if (model != NULL)
        s->first = catalog_find(&s->catalog, model);
    else if (s->catalog.n == 1)
        s->first = &s->catalog.entries[0];
    if (model != NULL && s->first == NULL)
        return sw_fail(err, SW_ENOTFOUND, "server: '%s' is neither a file nor a model in '%s'", model,
                       s->options->model_dirs);
    return SW_OK;
}

/* ---- life cycle ------------------------------------------------------------------------------------------------ */

static void announce(const server_state *s, int port)
{
    const bool is_v6 = strchr(s->options->address, ':') != NULL;
    printf("http://%s%s%s:%d\n", is_v6 ? "[" : "", s->options->address, is_v6 ? "]" : "", port);
    fflush(stdout);
    fprintf(stderr, "%zu models known\n", s->catalog.n);
    if (!s->is_loopback && s->options->api_key == NULL)
        fprintf(stderr, "warning: everybody who reaches this address may use the server; --api-key asks for a key\n");
}

static bool has_failed(server_state *s)
{
    pthread_mutex_lock(&s->lock);
    const bool failed = s->fatal.code != SW_OK;
    pthread_mutex_unlock(&s->lock);
    return failed;
}

/* Ends what is under way with an error and lets the last bytes leave. */
static void drain(server_state *s)
{
    const uint64_t deadline = clock_now_ns(clock_system()) + DRAIN_S * 1000000000ull;
    api_error error;
    s->is_stopping = true;
    api_fail(&error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
    for (conn *c = s->conns; c != NULL; c = c->next) {
        if (c->exchange != NULL)
            chat_fail(c->exchange, &error);
    }
    for (;;) {
        bool is_busy = false;
        for (const conn *c = s->conns; c != NULL; c = c->next)
            is_busy = is_busy || c->phase == PHASE_SENDING || c->phase == PHASE_FLUSHING;
        if (!is_busy || clock_now_ns(clock_system()) >= deadline)
            return;
        lws_cancel_service(s->lws); // so that the next call returns at once
        if (lws_service(s->lws, 0) < 0)
            return;
    }
}

static sw_code serve(server_state *s, sw_err *err)
{
    int port;
    if (listen_somewhere(s, &port, err) != SW_OK || admission_start(s, err) != SW_OK)
        return err->code;
    announce(s, port);
    while (signal_seen == 0 && !has_failed(s)) {
        if (lws_service(s->lws, 0) < 0)
            break;
    }
    drain(s);
    return SW_OK;
}

/* Frees everything in the order in which it is used: connections release their jobs, then the engine may go. */
static void finish(server_state *s)
{
    set_signals(SIG_DFL);
    signal_context = NULL;
    if (!admission_stop(s))
        return; // still loading; the end of the process ends it
    while (s->news != NULL)
        server_take_news(s);
    lws_context_destroy(s->lws);
    sw_engine_close(s->engine);
    catalog_free(&s->catalog);
}

sw_code server_run(const server_options *options, sw_err *err)
{
    // Static: a thread that is still loading at the end keeps using it until the process ends.
    static server_state server;
    server_state *const s = &server;
    *s = (server_state){.options = options,
                        .is_loopback =
                            guard_is_loopback_authority(options->address) || strcmp(options->address, "::1") == 0,
                        .started_ns = clock_now_ns(clock_system())};
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->engine_lock, NULL);
    sw_code code = find_models(s, err);
    if (code == SW_OK)
        code = create_context(s, err);
    if (code == SW_OK) {
        signal_context = s->lws;
        set_signals(on_signal);
        code = serve(s, err);
        finish(s);
    }
    if (code == SW_OK && s->fatal.code != SW_OK)
        code = sw_fail(err, s->fatal.code, "%s", s->fatal.msg);
    return code;
}
