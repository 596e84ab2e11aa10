#include "common/whole_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

namespace ecokube {

Result<void> write_whole_file(const std::filesystem::path& file, std::string_view text) {
  const std::filesystem::path fresh = file.string() + ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) return fail(Errc::io, "writing " + fresh.string() + ": " + std::strerror(errno));
  std::error_code error;
  std::filesystem::rename(fresh, file, error);
  if (error) return fail(Errc::io, "replacing " + file.string() + ": " + error.message());
  return {};
}

}  // namespace ecokube
