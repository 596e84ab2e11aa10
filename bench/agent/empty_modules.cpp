// Loaded into Scaphandre where the kernel has no modules: there is no /proc/modules then, and
// Scaphandre takes that for a fault and ends. Here it finds the file, and it is empty.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdarg>
#include <cstring>

extern "C" int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = va_arg(more, mode_t);
  va_end(more);
  const char* file = std::strcmp(path, "/proc/modules") == 0 ? "/dev/null" : path;
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file, flags, mode));
}
