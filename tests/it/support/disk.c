/* A disk that is not to be trusted, between a program and its files (LD_PRELOAD). Everything below the folder DISK_DATA
 * is watched; nothing else is touched.
 *
 * What is done to it is written down in the file DISK_LOG, in the order in which it is done: writes, truncations, renames
 * and removals before they happen, syncs after they have. From that the trial makes what a power cut would have left.
 *
 * While the file DISK_FAULT holds the number of an error, everything that would change the disk fails with it.
 *
 * Not seen: memory-mapped writes (SQLite's -shm, which does not outlive a crash anyway) and system calls that go around
 * the C library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
static unsigned char known[FILES]; /* descriptors of files and folders below DISK_DATA */
static int log_fd = -1;
static const char *data, *fault;
static size_t data_length;

#define REAL(name, type) \
    static __typeof__(type) real; \
    if (!real) real = (__typeof__(type))dlsym(RTLD_NEXT, #name)

static ssize_t real_read(int fd, void *to, size_t length) {
    REAL(read, ssize_t (*)(int, void *, size_t));
    return real(fd, to, length);
}
static int real_open(const char *path, int flags, mode_t mode) {
    REAL(open, int (*)(const char *, int, ...));
    return real(path, flags, mode);
}
static int real_close(int fd) {
    REAL(close, int (*)(int));
    return real(fd);
}

__attribute__((constructor)) static void begin(void) {
    data = getenv("DISK_DATA");
    fault = getenv("DISK_FAULT");
    const char *log = getenv("DISK_LOG");
    data_length = data ? strlen(data) : 0;
    if (log) log_fd = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* kind, descriptor, offset, length; then `length` bytes: all in the order of the machine. Kinds: O open, T open and empty,
 * W write, t truncate to `offset`, S sync, R rename, L another name, U remove, D make a folder. Paths are two, with a 0 between. */
static void note(char kind, int fd, uint64_t offset, const void *bytes, uint64_t length) {
    if (log_fd < 0) return;
    char head[21];
    int32_t number = fd;
    head[0] = kind;
    memcpy(head + 1, &number, 4);
    memcpy(head + 5, &offset, 8);
    memcpy(head + 13, &length, 8);
    struct iovec parts[2] = {{head, sizeof head}, {(void *)bytes, length}};
    int saved = errno;
    if (writev(log_fd, parts, 2) != (ssize_t)(sizeof head + length)) abort();
    errno = saved;
}
static void note_paths(char kind, int fd, const char *one, const char *other) {
    char both[2 * PATH_MAX];
    int length = snprintf(both, sizeof both, "%s%c%s", one, 0, other);
    note(kind, fd, 0, both, (uint64_t)length);
}

static int below(const char *path) {
    return data && path && !strncmp(path, data, data_length) && (path[data_length] == '/' || !path[data_length]);
}
static int is_known(int fd) { return fd >= 0 && fd < FILES && known[fd]; }

/* The error that the disk gives just now; 0: none. */
static int failing(void) {
    if (!fault) return 0;
    int saved = errno, fd = real_open(fault, O_RDONLY | O_CLOEXEC, 0), number = 0;
    if (fd >= 0) {
        char text[16] = {0};
        if (real_read(fd, text, sizeof text - 1) > 0) number = atoi(text);
        real_close(fd);
    }
    errno = saved;
    return number;
}
#define MAY_FAIL(concerned) \
    do { \
        int number = (concerned) ? failing() : 0; \
        if (number) { errno = number; return -1; } \
    } while (0)

static int opened(const char *path, int flags, int fd) {
    if (fd >= 0 && fd < FILES) known[fd] = below(path);
    if (is_known(fd)) note_paths((flags & O_TRUNC) ? 'T' : 'O', fd, path, "");
    return fd;
}
static int is_new(const char *path, int flags) {
    return below(path) && (flags & O_CREAT) && access(path, F_OK);
}
#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name, int (*)(const char *, int, ...)); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        MAY_FAIL(is_new(path, flags)); \
        return opened(path, flags, real(path, flags, mode)); \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    if (is_known(fd)) known[fd] = 0;
    return real_close(fd);
}

#define PWRITE(name, offset_type) \
    ssize_t name(int fd, const void *bytes, size_t length, offset_type offset) { \
        REAL(name, ssize_t (*)(int, const void *, size_t, offset_type)); \
        MAY_FAIL(is_known(fd)); \
        if (is_known(fd)) note('W', fd, (uint64_t)offset, bytes, length); \
        return real(fd, bytes, length, offset); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(write, ssize_t (*)(int, const void *, size_t));
    MAY_FAIL(is_known(fd));
    if (is_known(fd)) note('W', fd, (uint64_t)lseek(fd, 0, SEEK_CUR), bytes, length);
    return real(fd, bytes, length);
}

#define TRUNCATE(name, offset_type) \
    int name(int fd, offset_type length) { \
        REAL(name, int (*)(int, offset_type)); \
        MAY_FAIL(is_known(fd)); \
        if (is_known(fd)) note('t', fd, (uint64_t)length, "", 0); \
        return real(fd, length); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name) \
    int name(int fd) { \
        REAL(name, int (*)(int)); \
        MAY_FAIL(is_known(fd)); \
        int done = real(fd); \
        if (is_known(fd) && !done) note('S', fd, 0, "", 0); \
        return done; \
    }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
    REAL(rename, int (*)(const char *, const char *));
    MAY_FAIL(below(from) || below(to));
    if (below(from) && below(to) && !access(from, F_OK)) note_paths('R', -1, from, to);
    return real(from, to);
}
int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    REAL(linkat, int (*)(int, const char *, int, const char *, int));
    MAY_FAIL(below(from) || below(to));
    if (below(from) && below(to) && access(to, F_OK)) note_paths('L', -1, from, to);
    return real(from_folder, from, to_folder, to, flags);
}
int unlink(const char *path) {
    REAL(unlink, int (*)(const char *));
    MAY_FAIL(below(path) && !access(path, F_OK) && failing() != ENOSPC);
    if (below(path) && !access(path, F_OK)) note_paths('U', -1, path, "");
    return real(path);
}
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir, int (*)(const char *, mode_t));
    MAY_FAIL(below(path) && access(path, F_OK));
    int done = real(path, mode);
    if (below(path) && !done) note_paths('D', -1, path, "");
    return done;
}
