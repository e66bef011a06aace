/* cmd_bench_review.h - the command within a command. */
#ifndef CMD_CMD_BENCH_REVIEW_H
#define CMD_CMD_BENCH_REVIEW_H

/* argv[0] is "review". */
int cmd_bench_review(int argc, char **argv);

#endif
