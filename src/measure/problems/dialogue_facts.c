/* dialogue_facts.c - the wordings; those of the user's own facts are in the corpus of the demo models. */
#include "problems/dialogue_facts.h"

#include "problems/word_pools.h"

const dialogue_fact_row DIALOGUE_OWN[DIALOGUE_OWN_FACTS] = {
    {POOL_NAMES,
     N_POOL_NAMES,
     {"My name is $v.", "Hello, I am $v."},
     {"What is my name?", "Do you remember my name?"},
     "Nice to meet you, $v! How can I help you?",
     "I have to correct myself: my name is $v, not $o."},
    {POOL_COLOURS,
     N_POOL_COLOURS,
     {"My favorite color is $v.", "I like the color $v."},
     {"What is my favorite color?", "Which color do I like?"},
     "I will remember that you like $v.",
     "I have to correct myself: my favorite color is $v, not $o."},
    {POOL_ANIMALS,
     N_POOL_ANIMALS,
     {"I have a $v.", "My pet is a $v."},
     {"What pet do I have?", "Which animal do I have?"},
     "How nice! A $v is a good friend.",
     "I have to correct myself: my pet is a $v, not a $o."},
    {NULL,
     0,
     {"Remember the number $v.", "Please remember the number $v."},
     {"What was the number?", "Which number did I tell you?"},
     "I will remember the number $v.",
     NULL},
    {POOL_CITIES,
     N_POOL_CITIES,
     {"I live in $v.", "My home is in $v."},
     {"Where do I live?", "Which city do I live in?"},
     "$v is a beautiful city.",
     "I have to correct myself: I live in $v, not in $o."},
    {POOL_FOODS,
     N_POOL_FOODS,
     {"My favorite food is $v.", "I like to eat $v."},
     {"What is my favorite food?", "What do I like to eat?"},
     "Good choice, $v is tasty.",
     "I have to correct myself: my favorite food is $v, not $o."},
    {POOL_JOBS,
     N_POOL_JOBS,
     {"I work as a $v.", "My job is $v."},
     {"What is my job?", "What do I work as?"},
     "Being a $v sounds interesting.",
     "I have to correct myself: I work as a $v, not as a $o."},
    {POOL_MONTHS,
     N_POOL_MONTHS,
     {"My birthday is in $v.", "I was born in $v."},
     {"When is my birthday?", "In which month is my birthday?"},
     "I will remember $v.",
     "I have to correct myself: my birthday is in $v, not in $o."},
};

const dialogue_fact_row DIALOGUE_OTHERS[DIALOGUE_OTHERS_FACTS] = {
    {POOL_CITIES,
     N_POOL_CITIES,
     {"My friend $p lives in $v.", "$p, a friend of mine, has a flat in $v."},
     {"In which city does $p live?", "Where does my friend $p live?"},
     NULL,
     "No, that was wrong: $p lives in $v, not in $o."},
    {POOL_ANIMALS,
     N_POOL_ANIMALS,
     {"My friend $p has a $v.", "The pet of my friend $p is a $v."},
     {"Which pet does $p have?", "What kind of animal does my friend $p have?"},
     NULL,
     "No, that was wrong: $p has a $v, not a $o."},
    {POOL_JOBS,
     N_POOL_JOBS,
     {"My friend $p works as a $v.", "My friend $p is a $v."},
     {"What is the job of $p?", "What does my friend $p work as?"},
     NULL,
     "No, that was wrong: $p works as a $v, not as a $o."},
    {POOL_FOODS,
     N_POOL_FOODS,
     {"The favorite food of my friend $p is $v.", "My friend $p likes $v most of all food."},
     {"What is the favorite food of $p?", "Which food does my friend $p like most?"},
     NULL,
     "No, that was wrong: the favorite food of $p is $v, not $o."},
};

const char *const DIALOGUE_CHAT[DIALOGUE_CHATS] = {
    "Tell me a joke.",
    "Hello, how are you?",
    "Write a short poem about the sea.",
    "Explain how binary search works",
    "What is the capital of France?",
    "Write a Python function to calculate factorial",
    "What is a good way to start a garden?",
    "Explain in two sentences why the sky is blue.",
    "Which three books would you take to an island?",
    "How does a bicycle stay upright?",
    "Give me an idea for a rainy afternoon.",
    "Describe a lighthouse in one paragraph.",
};

void dialogue_put(buf *out, const char *text, const char *value, const char *old, const char *person)
{
    for (; *text != '\0'; text++) {
        if (text[0] != '$' || text[1] == '\0') {
            buf_putc(out, *text);
            continue;
        }
        text++;
        buf_puts(out, *text == 'v' ? value : *text == 'o' ? old : person);
    }
}
