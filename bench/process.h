/* What a process has used, from /proc. */
#ifndef PROCESS_H
#define PROCESS_H

#include "common.h"
#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

/* CPU time of all its threads that live, ns. */
static inline uint64_t cpu_of(int pid)
{
    char name[80];
    uint64_t sum = 0;
    snprintf(name, sizeof name, "/proc/%d/task", pid);
    DIR *tasks = opendir(name);
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        unsigned long long ns = 0;
        snprintf(name, sizeof name, "/proc/%d/task/%.20s/schedstat", pid, task->d_name);
        FILE *stat = task->d_name[0] == '.' ? NULL : fopen(name, "r");
        if (stat && fscanf(stat, "%llu", &ns) == 1)
            sum += ns;
        if (stat)
            fclose(stat);
    }
    if (tasks)
        closedir(tasks);
    return sum;
}

/* Resident memory, bytes. */
static inline long rss_of(int pid)
{
    char name[40];
    long size, resident = 0;
    snprintf(name, sizeof name, "/proc/%d/statm", pid);
    FILE *statm = fopen(name, "r");
    if (statm && fscanf(statm, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    if (statm)
        fclose(statm);
    return resident * sysconf(_SC_PAGESIZE);
}

/* CPU time of this process, ns. */
static inline uint64_t own_cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000 +
           (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

#endif
