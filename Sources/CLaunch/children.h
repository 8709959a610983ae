/* children.h: the table of living children, readable from a signal handler. */
#ifndef CHILDREN_H
#define CHILDREN_H
#include <sys/types.h>
void claunch_remember(pid_t pid);
void claunch_kill_all(void);
#endif
