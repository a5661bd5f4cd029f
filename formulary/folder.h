/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a folder that somebody wants loaded. */
#pragma once

#include "base/fault.h"
#include "base/text.h"

enum { FOLDER_PATH = 1024 }; /* longest path of a file, with the NUL */

/* The last part of a path, cut to `most` bytes; slashes at its end are passed over. Points into the path. */
struct text folder_name(const char *path, size_t most);

bool folder_is_file(const char *path);

/* Calls `take` with the path of each regular file right below the folder that is not hidden, in the order of their names, until it returns
   false. FAULT_FILE: there is no such folder. FAULT_TOO_LONG: a path. FAULT_TOO_LARGE: over 100,000 files. */
bool folder_each(const char *folder, bool (*take)(const char *path, void *arg, struct fault *fault), void *arg,
	struct fault *fault) fault_check;

/* True when one of its files is what `is` looks for. A folder that is not there has none. */
bool folder_has(const char *folder, bool (*is)(const char *path));
