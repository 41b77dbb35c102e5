/* Loaded before libc (LD_PRELOAD): writes down, in order, what a process does to the files below $WATCHED.
 *
 * One record for each call that succeeded: a letter, the lengths of the path and of the data (32 bits each), an offset
 * (64 bits), the path, the data. W is data written at an offset, T a length that a file was cut to, S that a file or a
 * folder was synced to the disk, U that a file was removed, L that it was given one more name (which is the data). A lock
 * keeps the order of the record that of the calls. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int record = -1;

static int watched(int fd, char *path) {
    char link[64];
    const char *folder = getenv("WATCHED");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (!folder || length < 0) return 0;
    path[length] = 0;
    return strncmp(path, folder, strlen(folder)) == 0 && !strstr(path, "-shm") && !strstr(path, ".record");
}

static void all(const void *data, size_t size) {
    while (size) {
        ssize_t done = syscall(SYS_write, record, data, size);
        if (done <= 0) abort();
        data = (const char *)data + done;
        size -= (size_t)done;
    }
}

static void note(char what, const char *path, uint64_t offset, const void *data, uint32_t size) {
    uint32_t named = (uint32_t)strlen(path);
    if (record < 0) record = open(getenv("RECORD"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (record < 0) abort();
    all(&what, 1);
    all(&named, sizeof named);
    all(&size, sizeof size);
    all(&offset, sizeof offset);
    all(path, named);
    all(data, size);
}

static ssize_t written(int fd, const void *data, size_t size, off64_t at, int has_place) {
    char path[PATH_MAX];
    if (!watched(fd, path))
        return has_place ? syscall(SYS_pwrite64, fd, data, size, at) : syscall(SYS_write, fd, data, size);
    pthread_mutex_lock(&turn);
    off64_t offset = has_place ? at : lseek64(fd, 0, SEEK_CUR);
    ssize_t done = has_place ? syscall(SYS_pwrite64, fd, data, size, at) : syscall(SYS_write, fd, data, size);
    if (done > 0) note('W', path, (uint64_t)offset, data, (uint32_t)done);
    pthread_mutex_unlock(&turn);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return written(fd, data, size, at, 1); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return written(fd, data, size, at, 1); }
ssize_t write(int fd, const void *data, size_t size) { return written(fd, data, size, 0, 0); }

static int cut(int fd, off64_t length) {
    char path[PATH_MAX];
    int is_watched = watched(fd, path);
    pthread_mutex_lock(&turn);
    int failed = (int)syscall(SYS_ftruncate, fd, length);
    if (!failed && is_watched) note('T', path, (uint64_t)length, "", 0);
    pthread_mutex_unlock(&turn);
    return failed;
}

int ftruncate64(int fd, off64_t length) { return cut(fd, length); }
int ftruncate(int fd, off_t length) { return cut(fd, length); }

static int synced(int fd, long call) {
    char path[PATH_MAX];
    int is_watched = watched(fd, path);
    pthread_mutex_lock(&turn); /* nothing is written between the call and its record, so S never says too much */
    int failed = (int)syscall(call, fd);
    if (!failed && is_watched) note('S', path, 0, "", 0);
    pthread_mutex_unlock(&turn);
    return failed;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int below(const char *path) {
    const char *folder = getenv("WATCHED");
    return folder && strncmp(path, folder, strlen(folder)) == 0 && !strstr(path, "-shm");
}

int link(const char *path, const char *name) {
    pthread_mutex_lock(&turn);
    int failed = (int)syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, name, 0);
    if (!failed && below(name)) note('L', path, 0, name, (uint32_t)strlen(name));
    pthread_mutex_unlock(&turn);
    return failed;
}

int unlink(const char *path) {
    pthread_mutex_lock(&turn);
    int failed = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (!failed && below(path)) note('U', path, 0, "", 0);
    pthread_mutex_unlock(&turn);
    return failed;
}
