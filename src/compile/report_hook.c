/* Linked into an interpreter that is built with a sanitizer. The runtime calls one of these at
   each report; what Python is doing in that thread is written beside it, to
   $FTPY_REPORT_STACKS.<pid>, if `ftpy run` set that. Otherwise nothing happens. */
#include <Python.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern void _Py_DumpTraceback(int fd, PyThreadState *state);

static void write_stack(void)
{
    const char *prefix = getenv("FTPY_REPORT_STACKS");
    if (prefix == NULL)
        return;
    char path[4096];
    int length = snprintf(path, sizeof path, "%s.%ld", prefix, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof path)
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    static const char head[] = "report\n";
    ssize_t written = write(fd, head, sizeof head - 1);
    PyThreadState *state = PyGILState_GetThisThreadState();
    if (written > 0 && state != NULL)
        _Py_DumpTraceback(fd, state);
    close(fd);
}

__attribute__((visibility("default")))
void __tsan_on_report(const void *report)
{
    (void)report;
    write_stack();
}

__attribute__((visibility("default")))
void __asan_on_error(void)
{
    write_stack();
}

__attribute__((visibility("default")))
void __ubsan_on_report(void)
{
    write_stack();
}
