/* SPDX-License-Identifier: Apache-2.0 */
/* Stands before the system calls by which a load changes the disk, those of the library that writes the rows included, and ends the process
   or fills the disk at one of them. */
#include "test/property/formulary_hook.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct hook *hook_new(void)
{
	struct hook *hook = mmap(NULL, sizeof(*hook), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (hook == MAP_FAILED)
		abort();
	return hook;
}

void hook_free(struct hook *hook)
{
	munmap(hook, sizeof(*hook));
}

static struct hook *active;

void hook_set(struct hook *hook)
{
	active = hook;
}

/* True: this call, and those after it, find the disk full. */
static bool stop_here(bool writes)
{
	if (!active || active->mode == HOOK_OFF)
		return false;
	active->calls++;
	if (active->mode == HOOK_KILL && active->calls == active->at)
		raise(SIGKILL);
	if (active->mode == HOOK_FULL && active->calls >= active->at && writes) {
		active->failed = true;
		errno = ENOSPC;
		return true;
	}
	return false;
}

/* ISO C has no cast from the object pointer that dlsym gives. */
#define REAL(name)                                                 \
	__extension__({                                            \
		__typeof__(&name) function;                        \
		*(void **)&function = dlsym(RTLD_NEXT, #name);     \
		function;                                          \
	})

ssize_t write(int fd, const void *bytes, size_t n)
{
	return stop_here(true) ? -1 : REAL(write)(fd, bytes, n);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	return stop_here(true) ? -1 : REAL(pwrite)(fd, bytes, n, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
	return stop_here(true) ? -1 : REAL(writev)(fd, parts, n);
}

int fsync(int fd)
{
	return stop_here(false) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
	return stop_here(false) ? -1 : REAL(fdatasync)(fd);
}

int mkdir(const char *path, mode_t mode)
{
	return stop_here(true) ? -1 : REAL(mkdir)(path, mode);
}

int unlinkat(int fd, const char *path, int flags)
{
	return stop_here(false) ? -1 : REAL(unlinkat)(fd, path, flags);
}

int rmdir(const char *path)
{
	return stop_here(false) ? -1 : REAL(rmdir)(path);
}

int rename(const char *from, const char *to)
{
	int code;

	if (stop_here(true))
		return -1;
	code = REAL(rename)(from, to);
	if (active && code == 0)
		active->renamed = true;
	stop_here(false);
	return code;
}
