/* token_roles.h - what well-known token texts mean, whatever type the file gives them. */
#ifndef SW_TOKEN_ROLES_H
#define SW_TOKEN_ROLES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sw_token_role {
    const char *text;
    bool ends_generation;
} sw_token_role;

/* Texts that are control tokens in every vocabulary that has them; *n_out rows. */
const sw_token_role *sw_token_roles(size_t *n_out);

#endif
