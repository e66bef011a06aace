/* connect_error.c - curl's codes, sorted by what the user can do. */
#include "client/connect_error.h"

#include <curl/curl.h>
#include <stdio.h>

const char *connect_error_reason(int verdict, const char *detail)
{
    return detail[0] != '\0' ? detail : curl_easy_strerror((CURLcode)verdict);
}

void connect_error_text(char out[CONNECT_ERROR_BYTES], const char *base, int verdict, const char *detail)
{
    const char *const reason = connect_error_reason(verdict, detail);
    switch ((CURLcode)verdict) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED:
        snprintf(out, CONNECT_ERROR_BYTES, "TLS failed at %.120s: %.160s; a server without TLS has an http:// address",
                 base, reason);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
        snprintf(out, CONNECT_ERROR_BYTES, "TLS failed at %.120s: its certificate is not accepted: %.160s", base,
                 reason);
        break;
    case CURLE_UNSUPPORTED_PROTOCOL: // an answer that is no HTTP/1
    case CURLE_WEIRD_SERVER_REPLY:
        snprintf(out, CONNECT_ERROR_BYTES,
                 "%.120s does not answer in HTTP: %.160s; a server with TLS has an https:// address", base, reason);
        break;
    default: snprintf(out, CONNECT_ERROR_BYTES, "no server answers at %.120s: %.160s; is it running?", base, reason);
    }
}
