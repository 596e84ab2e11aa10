#pragma once

namespace ecokube::agent {

/// Gives back what only the start needed: free heap to the kernel, and of the program and its
/// libraries the pages that nobody writes to. Those are unmapped, not lost: what is needed again
/// comes back from the page cache, the rest is the first that the kernel takes when memory is
/// short. dl_iterate_phdr(3), madvise(2).
void give_back_memory();

}  // namespace ecokube::agent
