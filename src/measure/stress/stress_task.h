/* stress_task.h - a stress run as the task of a session: its suites, stage by stage, model by model. */
#ifndef STRESS_STRESS_TASK_H
#define STRESS_STRESS_TASK_H

#include "stress/stress_protocol.h"
#include "suite/bench.h"

typedef struct stress_task {
    const stress_choice *choice; // of a new run; a resumed one has its own
    stress_protocol *protocol;   // once the session is open
} stress_task;

/* For bench_open; `task` outlives the session, and stress_task_end frees what it holds. */
bench_task stress_task_begin(stress_task *task, const stress_choice *choice);
void stress_task_end(stress_task *task);

#endif
