/* word_pools.c - the words; persons, animals, colours and cities are those that the demo models know. */
#include "problems/word_pools.h"

#include <ctype.h>
#include <string.h>

const char *const POOL_NAMES[N_POOL_NAMES] = {
    "Ada",  "Alan",  "Anna", "Ben",  "Carla", "David", "Elena", "Emma", "Finn", "Grace",  "Hugo", "Ida",   "Ivan",
    "Jack", "Julia", "Kim",  "Lara", "Leo",   "Lucy",  "Maria", "Max",  "Mia",  "Nina",   "Noah", "Olga",  "Oscar",
    "Paul", "Rosa",  "Sam",  "Sara", "Tom",   "Vera",  "Yuki",  "Zoe",  "Eric", "Fatima", "Omar", "Peter", "Rita"};
const char *const POOL_ANIMALS[N_POOL_ANIMALS] = {"cat",    "dog",    "horse", "fox",    "rabbit",
                                                  "turtle", "parrot", "goat",  "hamster"};
const char *const POOL_COLOURS[N_POOL_COLOURS] = {"red",    "blue",  "green", "yellow", "orange",
                                                  "purple", "white", "black", "brown",  "pink"};
const char *const POOL_DRINKS[N_POOL_DRINKS] = {"tea",   "coffee", "milk",  "juice",
                                                "water", "cocoa",  "cider", "lemonade"};
const char *const POOL_CITIES[N_POOL_CITIES] = {"Paris",  "Berlin", "Rome",   "Madrid", "Oslo",    "Tokyo",
                                                "Cairo",  "London", "Vienna", "Lima",   "Athens",  "Dublin",
                                                "Lisbon", "Warsaw", "Ottawa", "Havana", "Nairobi", "Helsinki"};
const char *const POOL_FOODS[N_POOL_FOODS] = {"pizza", "soup",  "bread", "cheese", "rice",
                                              "pasta", "salad", "fish",  "cake",   "honey"};
const char *const POOL_JOBS[N_POOL_JOBS] = {"teacher", "doctor", "baker",  "pilot",    "painter", "farmer",
                                            "singer",  "nurse",  "writer", "gardener", "driver",  "cook"};
const char *const POOL_MONTHS[N_POOL_MONTHS] = {"January", "February",  "April",   "June",     "July",
                                                "August",  "September", "October", "November", "December"};
const char *const POOL_THINGS[N_POOL_THINGS] = {"door",  "gate", "safe",   "locker",  "garage", "archive",
                                                "vault", "shed", "cellar", "cabinet", "tower",  "workshop"};

const char *pool_lower(const char *text, arena *keep)
{
    char *const copy = arena_copy(keep, text, strlen(text));
    for (char *c = copy; c != NULL && *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}
