#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace ecokube::agent {

/// A sysfs or procfs attribute as read: its text, or the errno of why not.
struct SmallFile {
  std::string text;  ///< without white space at its ends
  int error = 0;     ///< errno; 0: read

  [[nodiscard]] bool ok() const { return error == 0; }
};

/// Reads at most 64 KiB in one go; sysfs gives an attribute's errno on read, not on open.
[[nodiscard]] SmallFile read_small_file(const char* file);
[[nodiscard]] inline SmallFile read_small_file(const std::filesystem::path& file) {
  return read_small_file(file.c_str());
}

/// Writes `text` in one go in place of what stands there, as attributes are set; a link is not
/// followed. errno; 0: written.
[[nodiscard]] int write_small_file(const std::filesystem::path& file, std::string_view text);

/// The whole of `text` as a decimal number; nullopt for anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace ecokube::agent
