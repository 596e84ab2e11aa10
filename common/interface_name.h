#pragma once

#include <string_view>

namespace ecokube {

/// A name of what those of real network interfaces are made of, and short enough for the kernel: it
/// holds no blank and is no other path.
[[nodiscard]] bool is_interface_name(std::string_view name);

}  // namespace ecokube
