#include "common/whole_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

namespace ecokube {

Result<std::string> read_whole_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text;
  std::array<char, 4096> part{};
  while (in.good()) {
    in.read(part.data(), part.size());
    text.append(part.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.eof()) return text;
  return fail(Errc::io, "reading " + file.string() + ": " + std::strerror(errno));
}

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
