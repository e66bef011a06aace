/* section_limits.c - what the figures do not say, for a reader who has only the report. */
#include "report/sections/sections.h"

static const char *const LIMITS[] = {
    "The latencies are those of one client that sends as many requests at a time as the settings say. They say nothing "
    "about more clients.",
    "Tokens that a server sends together have one arrival time. Where an event holds several tokens, its gap is "
    "divided "
    "among them; a decode rate is shown only where enough events came at enough different times.",
    "A first token on a warm prefix (w) is faster than one on a new prompt; compare cold ones.",
    "With a temperature above 0, two servers write different texts of different lengths: compare rates, not total "
    "times.",
    "\"Computed\" figures are arithmetic over the model file. They say what is possible, not what was saved.",
    "Content marks come from checks of known answers. They find wrong, cut, empty and looping answers; they do not "
    "measure "
    "style or depth.",
    "Repetition rises with the length of a text, and code and lists repeat themselves by nature.",
    "Which experts were used depends on the prompts. A few tests do not show that an expert is never needed.",
};

void section_limits(document *doc)
{
    doc_heading(doc, 2, "limits", "What the figures are not");
    for (size_t i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++)
        doc_paragraph(doc, "%s", LIMITS[i]);
}
