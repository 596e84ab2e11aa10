#include "common/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace ecokube {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> io_failure(const std::string& doing, const fs::path& file) {
  return fail(Errc::io, doing + " " + file.string() + ": " + std::strerror(errno));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Result<void> sync_folder_of(const fs::path& file) {
  auto folder = file.parent_path();
  if (folder.empty()) folder = ".";
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!synced) return io_failure("cannot sync", folder);
  return {};
}

fs::path fresh_of(const fs::path& file) { return file.string() + ".new"; }

}  // namespace

Result<void> write_synced(const fs::path& file, std::string_view text, FileMode mode) {
  const auto bits = static_cast<mode_t>(mode);
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, bits);
  if (fd < 0) return io_failure("cannot create", file);
  // One that was left over may have another mode, and the umask takes away.
  const bool good = ::fchmod(fd, bits) == 0 && write_all(fd, text) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  errno = error;
  if (!good) return io_failure("cannot write", file);
  return {};
}

Result<void> rename_synced(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return io_failure("cannot replace", to);
  return sync_folder_of(to);
}

Result<void> replace_synced(const fs::path& file, std::string_view text, FileMode mode) {
  auto written = write_synced(fresh_of(file), text, mode);
  if (!written) return written;
  return rename_synced(fresh_of(file), file);
}

Result<void> create_synced(const fs::path& file, std::string_view text, FileMode mode) {
  auto written = write_synced(fresh_of(file), text, mode);
  if (!written) return written;
  const int linked = ::link(fresh_of(file).c_str(), file.c_str());
  const int error = errno;
  ::unlink(fresh_of(file).c_str());
  errno = error;
  if (linked == 0) return sync_folder_of(file);
  if (error == EEXIST) return fail(Errc::conflict, file.string() + " exists already");
  return io_failure("cannot create", file);
}

Result<std::string> read_file(const fs::path& file, std::size_t bytes_max) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) return io_failure("cannot read", file);
  std::string text(bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return io_failure("cannot read", file);
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() <= bytes_max) return text;
  return fail(Errc::too_large,
              file.string() + " is larger than " + std::to_string(bytes_max) + " bytes");
}

}  // namespace ecokube
