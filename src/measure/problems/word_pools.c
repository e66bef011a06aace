/* word_pools.c - the words; persons, animals, colours and cities are those that the demo models know. */
#include "problems/word_pools.h"

const char *const POOL_NAMES[N_POOL_NAMES] = {
    "Ada",  "Alan",  "Anna", "Ben",  "Carla", "David", "Elena", "Emma", "Finn", "Grace",  "Hugo", "Ida",   "Ivan",
    "Jack", "Julia", "Kim",  "Lara", "Leo",   "Lucy",  "Maria", "Max",  "Mia",  "Nina",   "Noah", "Olga",  "Oscar",
    "Paul", "Rosa",  "Sam",  "Sara", "Tom",   "Vera",  "Yuki",  "Zoe",  "Eric", "Fatima", "Omar", "Peter", "Rita"};
const char *const POOL_ANIMALS[N_POOL_ANIMALS] = {"cat",    "dog",    "horse",  "owl",  "fox",
                                                  "rabbit", "turtle", "parrot", "goat", "hamster"};
const char *const POOL_COLOURS[N_POOL_COLOURS] = {"red",    "blue",  "green", "yellow", "orange",
                                                  "purple", "white", "black", "brown",  "pink"};
const char *const POOL_DRINKS[N_POOL_DRINKS] = {"tea",   "coffee", "milk",  "juice",
                                                "water", "cocoa",  "cider", "lemonade"};
const char *const POOL_CITIES[N_POOL_CITIES] = {"Paris",  "Berlin", "Rome",   "Madrid", "Oslo",    "Tokyo",
                                                "Cairo",  "London", "Vienna", "Lima",   "Athens",  "Dublin",
                                                "Lisbon", "Warsaw", "Ottawa", "Havana", "Nairobi", "Helsinki"};
