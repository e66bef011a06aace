/* http_problem.h - how the files of http/ say what is wrong with a request. */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "http/http.h"

/* Fills *p and returns false, so that a check can `return http_problem_set(...)`.  Bytes that are not printable ASCII
 * become '?' in the message, which may quote the request. */
bool http_problem_set(http_problem *p, http_problem_kind kind, const char *format, ...) SW_PRINTF(3, 4);

#endif
