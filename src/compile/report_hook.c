/* Linked into an interpreter that is built with a sanitizer. Where `ftpy run` set
   FTPY_REPORT_STACKS, it leaves there:

     $FTPY_REPORT_STACKS.<pid>        at each report, what Python was doing in that thread,
                                      and once more where the runtime ends the process
     $FTPY_REPORT_STACKS.alive.<pid>  from the start: that such a process was there at all; and
                                      from its end, a line for each library that it had loaded

   Otherwise nothing happens. */
#include <Python.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void _Py_DumpTraceback(int fd, PyThreadState *state);

/* There is only one in a build for threads. */
extern void __tsan_init(void) __attribute__((weak));
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* Looked for in the program where nothing was left: only one that has this would have. */
__attribute__((used, visibility("default")))
const char ftpy_report_hook[] = "ftpy report hook: alive";

static int open_beside(const char *infix)
{
    const char *prefix = getenv("FTPY_REPORT_STACKS");
    if (prefix == NULL)
        return -1;
    char path[4096];
    int length = snprintf(path, sizeof path, "%s%s.%ld", prefix, infix, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof path)
        return -1;
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void write_stack(const char *head)
{
    int fd = open_beside("");
    if (fd < 0)
        return;
    ssize_t written = write(fd, head, strlen(head));
    PyThreadState *state = PyGILState_GetThisThreadState();
    if (written > 0 && state != NULL)
        _Py_DumpTraceback(fd, state);
    close(fd);
}

/* A line of /proc/self/maps: `7f00-7f01 r-xp 00001000 08:01 4711   /lib/libc.so.6` */
static void write_library(int fd, char *line, size_t length)
{
    char *path = memchr(line, '/', length);
    if (path == NULL || strstr(line, " r-xp ") == NULL)
        return;
    /* At once, so that lines of two threads that end a process do not mix. */
    ssize_t written = write(fd, path, length - (size_t)(path - line));
    (void)written;
}

/* Not by dl_iterate_phdr: it takes a lock, which in a forked child may be held for ever. */
static void write_libraries(void)
{
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    int fd = maps < 0 ? -1 : open_beside(".alive");
    char line[4200];
    size_t length = 0;
    char piece[1024];
    ssize_t many;
    while (fd >= 0 && (many = read(maps, piece, sizeof piece)) > 0) {
        for (ssize_t i = 0; i < many; i++) {
            if (length < sizeof line - 1)
                line[length++] = piece[i];
            if (piece[i] == '\n') {
                line[length] = 0;
                write_library(fd, line, length);
                length = 0;
            }
        }
    }
    if (fd >= 0)
        close(fd);
    if (maps >= 0)
        close(maps);
}

/* Called before an _exit, too, as ends a forked child of multiprocessing. */
__attribute__((visibility("default")))
int __tsan_on_finalize(int has_failed)
{
    write_libraries();
    return has_failed;
}

/* Of a deadly signal the runtime for threads tells nobody but so. */
static void die(void)
{
    write_stack("death\n");
    write_libraries();
}

__attribute__((constructor))
static void begin(void)
{
    int fd = open_beside(".alive");
    if (fd < 0)
        return;
    close(fd);
    /* The other runtimes say nothing at the end. */
    if (__tsan_init == NULL)
        atexit(write_libraries);
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(die);
}

__attribute__((visibility("default")))
void __tsan_on_report(const void *report)
{
    (void)report;
    write_stack("report\n");
}

__attribute__((visibility("default")))
void __asan_on_error(void)
{
    write_stack("report\n");
}

__attribute__((visibility("default")))
void __ubsan_on_report(void)
{
    write_stack("report\n");
}
