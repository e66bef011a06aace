/* transfer_ws.c - a WebSocket over curl's plain HTTP: the GET asks for the upgrade, and what curl then "uploads" are
 * frames.  So connections, TLS, proxies and the loop are those of all transfers.  (libcurl's own WebSockets are missing
 * in many of its builds.)
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "client/raw_stream.h"
#include "client/transfer_parts.h"

/* What curl sends after the headers of an upgrade: frames, from the moment on that the server agrees.  t0 is that of
 * the question; what came before it opened the connection. */
static size_t on_send(char *to, size_t size, size_t n, void *ud)
{
    chat_transfer *const t = ud;
    if (!t->has_headers)
        return CURL_READFUNC_PAUSE;
    if (transfer_status(t) != 101)
        return 0; // no upgrade: nothing is sent
    if (!t->has_asked) {
        t->has_asked = true;
        t->headers_ns = -1; // they came before
        t->t0_ns = clock_now_ns(t->clock);
    }
    const size_t n_taken = ws_dialog_take(&t->dialog, to, size * n);
    return n_taken > 0 ? n_taken : CURL_READFUNC_PAUSE;
}

/* Lets on_send be called again if there is something to say. */
static void wake_sender(chat_transfer *t)
{
    if (t->has_headers && (transfer_status(t) != 101 || ws_dialog_has_output(&t->dialog)))
        curl_easy_pause(t->easy, CURLPAUSE_CONT);
}

static int on_socket(void *ud, curl_socket_t fd, curlsocktype purpose)
{
    chat_transfer *const t = ud;
    (void)purpose;
    t->sockets[t->n_sockets++ % TRANSFER_SOCKETS_MAX] = fd;
    return CURL_SOCKOPT_OK;
}

/* The port of this machine at which a socket is connected, or -1. */
static int local_port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t n = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &n) != 0)
        return -1;
    if (address.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port);
    return address.ss_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)(const void *)&address)->sin6_port) : -1;
}

void transfer_ws_connected(chat_transfer *t, int local_port)
{
    for (size_t i = 0; i < t->n_sockets && i < TRANSFER_SOCKETS_MAX; i++) {
        if (local_port_of(t->sockets[i]) == local_port)
            t->socket = t->sockets[i];
    }
}

void transfer_ws_headers(chat_transfer *t)
{
    t->has_headers = true;
    wake_sender(t);
}

sw_code transfer_ws_prepare(chat_transfer *t, const char *json, sw_err *err)
{
    sw_code code = target_prepare_ws(t->o.target, t->easy, "/ws/generate", err);
    if (code == SW_OK)
        code = ws_dialog_begin(&t->dialog, json, err);
    curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(t->easy, CURLOPT_SOCKOPTDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L); // its socket must be known
    return code;
}

static void on_message(void *ud, const char *data, size_t n)
{
    chat_transfer *const t = ud;
    raw_stream_message(&t->stream, data, n, t->bytes_ns);
}

bool transfer_ws_take(chat_transfer *t, const char *bytes, size_t n)
{
    sw_err err = {0};
    const sw_code code = ws_dialog_feed(&t->dialog, bytes, n, on_message, t, &err);
    if (code != SW_OK) {
        chat_stream_fail(&t->stream, code == SW_ENOMEM ? TEST_INCOMPLETE : TEST_BAD_STREAM, "%s", err.msg);
        return false;
    }
    if (t->dialog.has_closed)
        chat_stream_fail(&t->stream, TEST_INCOMPLETE, "the server closed the WebSocket in the middle of the answer");
    wake_sender(t);
    return true;
}

/* curl does not end a request of which it has not sent all, and of a WebSocket there may always be more.  So the end of
 * the connection is looked for here. */
static bool has_peer_closed(const chat_transfer *t)
{
    char c;
    return t->is_connected && t->socket >= 0 && recv(t->socket, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

bool transfer_ws_is_over(chat_transfer *t)
{
    const bool is_open = !t->has_headers || transfer_status(t) == 101;
    if (is_open && has_peer_closed(t))
        chat_stream_fail(&t->stream, TEST_INCOMPLETE, "the connection broke");
    return t->stream.done_ns >= 0 || t->stream.has_failed;
}
