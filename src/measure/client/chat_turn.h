/* chat_turn.h - a message of a conversation, as it is sent before the next prompt. */
#ifndef CLIENT_CHAT_TURN_H
#define CLIENT_CHAT_TURN_H

#include <stdbool.h>

typedef struct chat_turn {
    bool is_answer; // of the assistant; else of the user
    const char *text;
} chat_turn;

#endif
