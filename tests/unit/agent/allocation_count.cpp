#include "tests/unit/agent/allocation_count.h"

#include <atomic>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ECOKUBE_COUNTS_ALLOCATIONS 0
#else
#define ECOKUBE_COUNTS_ALLOCATIONS 1
#endif

namespace {
std::atomic<std::int64_t> count{0};
}

#if ECOKUBE_COUNTS_ALLOCATIONS
// glibc's own names of what is replaced here; operator new calls malloc.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t number, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  ++count;
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  ++count;
  return __libc_calloc(number, size);
}
void* realloc(void* memory, std::size_t size) {
  ++count;
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++count;
  return __libc_memalign(alignment, size);
}
}
#endif

namespace ecokube::agent {

std::int64_t allocations() { return ECOKUBE_COUNTS_ALLOCATIONS ? count.load() : -1; }

}  // namespace ecokube::agent
