#include "coordinator/power/password.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace ecokube {
namespace {

constexpr std::size_t kPasswordMax = 1024;

std::unexpected<Error> wrong(const std::filesystem::path& file, std::string_view what) {
  return fail(Errc::config, fmt::format("password file {}{}", file.string(), what));
}

Result<void> check(const std::filesystem::path& file, const struct stat& facts) {
  if (!S_ISREG(facts.st_mode)) return wrong(file, " is no regular file");
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return wrong(file, " may be read or changed by others: chmod 600 it");
  }
  return {};
}

}  // namespace

bool is_variable_name(std::string_view name) {
  constexpr auto* kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  return !name.empty() && name.find_first_not_of(kLetters) == std::string_view::npos &&
         (name[0] < '0' || name[0] > '9') && !name.starts_with("ECOKUBE_");
}

Result<void> check_password_file(const std::filesystem::path& file) {
  struct stat facts{};
  const bool there = ::stat(file.c_str(), &facts) == 0;
  // Who can't read it finds no empty password there: ipmitool would try one.
  if (!there || ::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) != 0) {
    return wrong(file, fmt::format(": {}", std::strerror(errno)));
  }
  return check(file, facts);
}

namespace {

Result<std::string> read_password_file(const std::filesystem::path& file) {
  // Without O_NONBLOCK a pipe of that name would stop us.
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return wrong(file, fmt::format(": {}", std::strerror(errno)));
  struct stat facts{};
  std::array<char, kPasswordMax> bytes{};
  auto checked = ::fstat(fd, &facts) == 0 ? check(file, facts) : wrong(file, " can't be read");
  const auto got = checked ? ::read(fd, bytes.data(), bytes.size()) : -1;
  ::close(fd);
  if (!checked) return std::unexpected(std::move(checked.error()));
  const std::string_view text(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  std::string line(text.substr(0, text.find_first_of("\r\n")));
  if (line.empty()) return wrong(file, " holds no password in its first line");
  return line;
}

}  // namespace

Result<std::string> read_password(const PasswordSource& source) {
  if (!source.file.empty()) return read_password_file(source.file);
  if (!source.taken.empty()) return source.taken;
  return fail(Errc::config,
              fmt::format("the variable {} of the environment holds no password", source.variable));
}

PasswordSource* password_of(BmcAccess& access) {
  if (auto* ipmi = std::get_if<IpmiAccess>(&access)) return &ipmi->password;
  if (auto* redfish = std::get_if<RedfishAccess>(&access)) return &redfish->password;
  return nullptr;
}

void take_passwords(const std::vector<PasswordSource*>& sources) {
  for (auto* source : sources) {
    const char* value = source->variable.empty() ? nullptr : std::getenv(source->variable.c_str());
    if (value != nullptr) source->taken = value;
  }
  for (const auto* source : sources) {
    if (!source->variable.empty()) ::unsetenv(source->variable.c_str());
  }
}

}  // namespace ecokube
