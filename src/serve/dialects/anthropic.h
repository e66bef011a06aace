/* anthropic.h - Anthropic's messages as a family. */
#ifndef DIALECTS_ANTHROPIC_H
#define DIALECTS_ANTHROPIC_H

#include "dialects/dialect.h"

extern const dialect ANTHROPIC;

#endif
