#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "coordinator/kubernetes/kubeconfig.h"

namespace ecokube::kubernetes {

/// Notices that the files behind an Access were replaced: in place, by a rename, or by a symlink
/// that points elsewhere. What can't be used, as a certificate whose key is not there yet, is said
/// once and tried again; what was in use stays so until then.
class Rotation {
 public:
  explicit Rotation(const Access& access);

  struct Renewed {
    Access access;
    TlsContext tls;  ///< nullptr: neither certificates nor key are others
  };
  /// One stat() of each file; reads them when one has changed. nullopt: nothing new.
  [[nodiscard]] std::optional<Renewed> look(const Access& in_use);

 private:
  using Stamp = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;
  [[nodiscard]] static std::vector<Stamp> stamps(const Access& access);
  [[nodiscard]] static Result<Renewed> read(const Access& in_use);

  std::vector<Stamp> taken_;  ///< of the files as they are in use
  std::string said_;
};

}  // namespace ecokube::kubernetes
