/* bench_subject.h - one model of a run, and what is known of it before a server has it. */
#ifndef HOSTS_BENCH_SUBJECT_H
#define HOSTS_BENCH_SUBJECT_H

#include "results/record.h"

typedef struct bench_subject {
    const char *path; // of the model file: for a server of our own, or what a given one has open; NULL: not known
    subject_record record;
    const fact_record *facts; // from the file: EXPERT_BYTES, TOKEN_BYTES, ...; subject is not set yet
    size_t n_facts;
} bench_subject;

#endif
