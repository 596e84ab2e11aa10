#include "coordinator/kubernetes/rotation.h"

#include <sys/stat.h>

#include <utility>

#include "common/log.h"

namespace ecokube::kubernetes {

Rotation::Rotation(const Access& access) : taken_(stamps(access)) {}

std::optional<Rotation::Renewed> Rotation::look(const Access& in_use) {
  if (!in_use.read_again) return std::nullopt;
  // Taken before the files are read: what changes meanwhile is seen the next time.
  auto now = stamps(in_use);
  if (now == taken_) return std::nullopt;
  auto renewed = read(in_use);
  if (!renewed) {
    if (std::exchange(said_, renewed.error().message) != renewed.error().message) {
      log::warn("kubernetes event=credentials_kept reason=\"{}\"", renewed.error().message);
    }
    return std::nullopt;
  }
  taken_ = std::move(now);
  said_.clear();
  log::info("kubernetes event=credentials_renewed source=\"{}\" certificates={}", in_use.source,
            renewed->tls ? "new" : "same");
  return std::move(*renewed);
}

std::vector<Rotation::Stamp> Rotation::stamps(const Access& access) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  std::vector<Stamp> result;
  for (const auto& file : access.files) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) status = {};  // as good as another file
    result.emplace_back(status.st_dev, status.st_ino,
                        status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec,
                        status.st_size);
  }
  return result;
}

Result<Rotation::Renewed> Rotation::read(const Access& in_use) {
  auto access = in_use.read_again();
  if (!access) return std::unexpected(access.error());
  Renewed renewed{std::move(*access), nullptr};
  if (!in_use.tls || renewed.access.identity == in_use.identity) return renewed;
  auto tls = make_https_client_context(renewed.access.identity);
  if (!tls) return fail_while(in_use.source, tls.error());
  renewed.tls = std::move(*tls);
  return renewed;
}

}  // namespace ecokube::kubernetes
