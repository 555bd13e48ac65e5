/* An extension module with errors that were put in on purpose, one a function. */
#include <Python.h>
#include <pthread.h>
#include <stdlib.h>

static int shared_by_two_threads;

static void *write_it(void *unused)
{
    for (int i = 0; i < 1000; i++)
        shared_by_two_threads++;
    return unused;
}

static PyObject *race(PyObject *self, PyObject *unused)
{
    pthread_t one, two;
    if (pthread_create(&one, NULL, write_it, NULL) == 0) {
        if (pthread_create(&two, NULL, write_it, NULL) == 0)
            pthread_join(two, NULL);
        pthread_join(one, NULL);
    }
    return PyLong_FromLong(shared_by_two_threads);
}

static PyObject *overflow(PyObject *self, PyObject *unused)
{
    volatile size_t length = 8;
    volatile char *block = malloc(length);
    block[length] = 1;
    free((void *)block);
    Py_RETURN_NONE;
}

static PyObject *freed(PyObject *self, PyObject *unused)
{
    volatile char *block = PyMem_Malloc(64);
    if (block == NULL)
        return PyErr_NoMemory();
    PyMem_Free((void *)block);
    block[32] = 1;
    Py_RETURN_NONE;
}

static PyObject *undefined(PyObject *self, PyObject *unused)
{
    /* CPython is compiled so that integers may wrap: that would be no error. */
    volatile int by = 40;
    return PyLong_FromLong(1 << by);
}

static PyMethodDef methods[] = {
    {"race", race, METH_NOARGS, NULL},
    {"overflow", overflow, METH_NOARGS, NULL},
    {"freed", freed, METH_NOARGS, NULL},
    {"undefined", undefined, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "ftpy_canary", NULL, 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_ftpy_canary(void)
{
    return PyModuleDef_Init(&module);
}
