#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// One life of a machine: from a boot, or from the end of a suspend, to the next. Its id is the
// kernel's boot id, and behind it how often that boot has come back from suspend or hibernation:
// "<boot id>", "<boot id>+1", ... What is said of one life says nothing of the next: a goodbye, a
// mark, a packet that was sent to it.
namespace ecokube::core {

/// `boot_id` as the kernel gives it, without a '+'.
[[nodiscard]] std::string life_id(const std::string& boot_id, std::uint32_t resumes);

/// The kernel's boot id, as the kubelet reports it.
[[nodiscard]] std::string_view boot_of(std::string_view life);

/// Both are known, and of the same boot: the machine has come back with its memory.
[[nodiscard]] bool same_boot(std::string_view one, std::string_view other);

}  // namespace ecokube::core
