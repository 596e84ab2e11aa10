#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube {

/// Errc::io: the file, and why it can't be read. A directory is no exception of a stream, as it is
/// where iterators read one.
[[nodiscard]] Result<std::string> read_whole_file(const std::filesystem::path& file);

/// Writes `text` beside `file` and renames it: whoever reads never sees half of it. Not synced to
/// the disk, so for what a restart makes anew. Errc::io: the file, and what is wrong with it.
[[nodiscard]] Result<void> write_whole_file(const std::filesystem::path& file,
                                            std::string_view text);

}  // namespace ecokube
