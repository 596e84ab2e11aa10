#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace ecokube::agent {

/// The entries of a folder in the order of the file system, by getdents64(2). For what is listed
/// again and again while the machine runs: unlike std::filesystem it allocates nothing.
class FolderEntries {
 public:
  explicit FolderEntries(const char* folder);
  ~FolderEntries();
  FolderEntries(const FolderEntries&) = delete;
  FolderEntries& operator=(const FolderEntries&) = delete;

  struct Entry {
    std::string_view name;  ///< until the next one is asked for
    bool is_folder = false;
  };
  /// Without "." and ".."; nullopt: there are no more.
  [[nodiscard]] std::optional<Entry> next();
  /// errno of why there are no more, or none at all; 0: those were all.
  [[nodiscard]] int error() const { return error_; }

 private:
  [[nodiscard]] bool fill();

  static constexpr std::size_t kBuffer = 4096;
  int folder_, error_ = 0;
  std::size_t at_ = 0, filled_ = 0;
  alignas(std::max_align_t) std::array<char, kBuffer> buffer_;
};

}  // namespace ecokube::agent
