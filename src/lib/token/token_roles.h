/* token_roles.h - what well-known token texts mean, whatever type the file gives them. */
#ifndef TOKEN_TOKEN_ROLES_H
#define TOKEN_TOKEN_ROLES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct token_role {
    const char *text;
    bool ends_generation;
} token_role;

/* Texts that are control tokens in every vocabulary that has them; *n_out rows. */
const token_role *token_roles(size_t *n_out);

#endif
