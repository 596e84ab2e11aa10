#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace ecokube::agent {

/// One attribute of sysfs, procfs or a cgroup, kept open and read again with pread(), which has the
/// kernel compute it anew. Neither open() nor read() allocates.
class AttributeFile {
 public:
  AttributeFile() = default;
  ~AttributeFile() { close(); }
  AttributeFile(AttributeFile&& other) noexcept;
  AttributeFile& operator=(AttributeFile&& other) noexcept;

  /// 0, or the errno.
  int open(const char* path);
  void close();
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

  struct Text {
    std::string_view text;  ///< without white space at its ends; valid until the buffer is reused
    int error = 0;          ///< errno; 0: read
  };
  /// What fits into `buffer`; a file that was closed says EBADF.
  [[nodiscard]] Text read(char* buffer, std::size_t size) const;

  struct Number {
    std::uint64_t value = 0;
    int error = 0;  ///< errno; EINVAL: read, but no decimal number
  };
  [[nodiscard]] Number read_number() const;

 private:
  int fd_ = -1;
};

/// The attribute is gone for good, and others may be there: a module was loaded anew, hardware was
/// plugged. Not so when it merely can't be read now.
[[nodiscard]] bool attribute_gone(int error);

}  // namespace ecokube::agent
