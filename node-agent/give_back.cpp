#include "node-agent/give_back.h"

#include <link.h>
#include <malloc.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace ecokube::agent {
namespace {

/// Code and constants only: what is relocated at the start lies in segments that were writable.
int unmap_constant(dl_phdr_info* object, std::size_t /*size*/, void* /*unused*/) {
  if (object->dlpi_addr == ::getauxval(AT_SYSINFO_EHDR)) return 0;  // the kernel's own, no file
  const auto page = static_cast<std::uintptr_t>(::getpagesize());
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const auto begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const auto end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void give_back_memory() {
  constexpr int kHeapKeptBytes = 32 * 1024;  // of what a heartbeat needs for a moment
  ::mallopt(M_TRIM_THRESHOLD, kHeapKeptBytes);
  ::malloc_trim(0);
  ::dl_iterate_phdr(unmap_constant, nullptr);
}

}  // namespace ecokube::agent
