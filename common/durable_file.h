#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube {

// Files that must be whole after a power cut: what returned success is on the disk. Errors are
// Errc::io with the file and what is wrong with it.

/// Who may read: 0600 or 0644 are of use. The file's mode is this from its first byte on.
enum class FileMode : unsigned { owner_only = 0600, everyone_reads = 0644 };

/// Makes or empties `file`, writes `text` and syncs it. Readers may see it half written.
[[nodiscard]] Result<void> write_synced(const std::filesystem::path& file, std::string_view text,
                                        FileMode mode);
/// Replaces `to` by `from`, in the same folder, and syncs the folder.
[[nodiscard]] Result<void> rename_synced(const std::filesystem::path& from,
                                         const std::filesystem::path& to);
/// write_synced() to "<file>.new", then rename_synced(): whoever reads sees the old or the new.
[[nodiscard]] Result<void> replace_synced(const std::filesystem::path& file, std::string_view text,
                                          FileMode mode);
/// As replace_synced(), but Errc::conflict where `file` exists.
[[nodiscard]] Result<void> create_synced(const std::filesystem::path& file, std::string_view text,
                                         FileMode mode);

/// The whole of a file of at most `bytes_max`.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file,
                                            std::size_t bytes_max);

}  // namespace ecokube
