/* Loaded before the C library (LD_PRELOAD): counts the calls of a program that concern files under a folder, and at one of them
   kills the process or lets the call fail.

   TXL_FAULT_ROOT  the folder
   TXL_FAULT_AT    the number of the call, from 1; 0 for none
   TXL_FAULT_KIND  0: kill (a write is done by half before); otherwise the error number with which the call fails
   TXL_FAULT_LAST  the last call that fails; as many as follow if it is 0
   TXL_FAULT_LOG   a file to which the name and path of every call is appended */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static const char *root;
static size_t root_length;
static long fault_at, fault_last, fault_kind;
static int log_descriptor = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("TXL_FAULT_AT"), *last = getenv("TXL_FAULT_LAST"), *kind = getenv("TXL_FAULT_KIND"), *log = getenv("TXL_FAULT_LOG");
    fault_at = at ? atol(at) : 0;
    fault_last = last ? atol(last) : fault_at;
    fault_kind = kind ? atol(kind) : 0;
    if (log)
        log_descriptor = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    root = getenv("TXL_FAULT_ROOT");
    root_length = root ? strlen(root) : 0;
}

static int concerns(const char *path)
{
    return root_length > 0 && strncmp(path, root, root_length) == 0;
}

/* Whether the call is to fail, with errno set; does not return if the process is to die. */
static int fails(const char *name, const char *path)
{
    if (!concerns(path))
        return 0;
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (log_descriptor >= 0)
    {
        char line[PATH_MAX + 64];
        int length = snprintf(line, sizeof line, "%ld %s %s\n", number, name, path);
        syscall(SYS_write, log_descriptor, line, (size_t)(length < (int)sizeof line ? length : (int)sizeof line - 1));
    }
    if (fault_at == 0 || number < fault_at || (fault_last != 0 && number > fault_last))
        return 0;
    if (fault_kind == 0)
    {
        syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
        for (;;)
            pause();
    }
    /* A full disk hinders no reading and no removing. */
    if (fault_kind == ENOSPC && strchr("or", name[0]) && strcmp(name, "rename") != 0)
        return 0;
    if (fault_kind == ENOSPC && strcmp(name, "unlink") == 0)
        return 0;
    errno = (int)fault_kind;
    return 1;
}

static int is_next_kill(void)
{
    return fault_at != 0 && fault_kind == 0 && atomic_load(&calls) + 1 == fault_at;
}

static const char *path_of(int descriptor, char *buffer)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, buffer, (size_t)PATH_MAX - 1);
    buffer[length > 0 ? length : 0] = 0;
    return buffer;
}

static const char *absolute(int folder, const char *path, char *buffer)
{
    if (path[0] == '/')
        return path;
    char base[PATH_MAX];
    if (folder == AT_FDCWD)
    {
        if (!getcwd(base, sizeof base))
            return path;
    }
    else
        path_of(folder, base);
    snprintf(buffer, PATH_MAX, "%.2000s/%.2000s", base, path);
    return buffer;
}

static int open_at(int folder, const char *path, int flags, mode_t mode)
{
    char buffer[PATH_MAX];
    if (fails(flags & O_CREAT ? "create" : "open", absolute(folder, path, buffer)))
        return -1;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }

int open(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags) return open_at(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return open_at(folder, path, flags, mode); }

#define ON_FILE(name, descriptor) \
    char buffer[PATH_MAX]; \
    if (root_length > 0 && fails(name, path_of(descriptor, buffer))) return -1;

static void tear(int descriptor, const void *bytes, size_t count, off_t offset, int positioned)
{
    char path[PATH_MAX];
    if (is_next_kill() && count > 1 && concerns(path_of(descriptor, path)))
        syscall(positioned ? SYS_pwrite64 : SYS_write, descriptor, bytes, count / 2, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    tear(descriptor, bytes, count, 0, 0);
    ON_FILE("write", descriptor)
    return syscall(SYS_write, descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset)
{
    tear(descriptor, bytes, count, offset, 1);
    ON_FILE("write", descriptor)
    return syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) { return pwrite(descriptor, bytes, count, offset); }
ssize_t read(int descriptor, void *bytes, size_t count) { ON_FILE("read", descriptor) return syscall(SYS_read, descriptor, bytes, count); }
ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) { ON_FILE("read", descriptor) return syscall(SYS_pread64, descriptor, bytes, count, offset); }
ssize_t pread64(int descriptor, void *bytes, size_t count, off_t offset) { ON_FILE("read", descriptor) return syscall(SYS_pread64, descriptor, bytes, count, offset); }
int fsync(int descriptor) { ON_FILE("fsync", descriptor) return (int)syscall(SYS_fsync, descriptor); }
int fdatasync(int descriptor) { ON_FILE("fdatasync", descriptor) return (int)syscall(SYS_fdatasync, descriptor); }
int ftruncate(int descriptor, off_t length) { ON_FILE("truncate", descriptor) return (int)syscall(SYS_ftruncate, descriptor, length); }
int ftruncate64(int descriptor, off_t length) { ON_FILE("truncate", descriptor) return (int)syscall(SYS_ftruncate, descriptor, length); }

#define ON_PATH(name, path) \
    char buffer[PATH_MAX]; \
    if (fails(name, absolute(AT_FDCWD, path, buffer))) return -1;

int mkdir(const char *path, mode_t mode) { ON_PATH("mkdir", path) return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode); }
int rmdir(const char *path) { ON_PATH("rmdir", path) return (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR); }
int unlink(const char *path) { ON_PATH("unlink", path) return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0); }
int rename(const char *from, const char *to) { ON_PATH("rename", from) return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags) { ON_PATH("rename", from) return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags); }
int link(const char *from, const char *to) { ON_PATH("link", to) return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0); }

/* .NET asks for functions of the C library by name, and would get past the ones above. */
void *dlsym(void *library, const char *name)
{
    static void *(*real)(void *, const char *);
    if (!real)
    {
        real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
        if (!real)
            real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
        if (!real)
            real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.17");
    }
    if (strcmp(name, "fsync") == 0)
        return (void *)fsync;
    if (strcmp(name, "open") == 0)
        return (void *)open;
    return real(library, name);
}
