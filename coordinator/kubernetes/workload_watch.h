#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/error.h"
#include "coordinator/core/observation.h"
#include "coordinator/kubernetes/api_client.h"
#include "coordinator/kubernetes/reflector.h"
#include "coordinator/kubernetes/scaled_kind.h"

namespace ecokube::kubernetes {

/// Watches the objects of one kind that scalers name. It stands apart from the view of nodes and
/// pods: what it may not see, or what is not served, is told as WorkloadsLost and tried again, and
/// the rest goes on. Of a kind that only /scale tells about, that is read after each change of
/// spec.
class WorkloadWatch : public std::enable_shared_from_this<WorkloadWatch> {
 public:
  using Observe = std::function<void(core::Fact)>;

  /// `targets` are all of one kind; path and selector of `watching` are not used.
  WorkloadWatch(std::shared_ptr<ApiClient> client, boost::asio::any_io_executor executor,
                const std::vector<ScaleTarget>& targets, ReflectorOptions watching,
                Observe observe);
  WorkloadWatch(const WorkloadWatch&) = delete;
  WorkloadWatch& operator=(const WorkloadWatch&) = delete;
  ~WorkloadWatch() = default;

  void start();
  void list_anew();
  /// No fact comes after it.
  void stop();

  /// Where it is served; nullopt as long as that is not known.
  [[nodiscard]] const std::optional<ScaledKind>& found() const { return found_; }
  [[nodiscard]] const std::string& key() const { return key_; }

 private:
  struct Object {
    core::KubeWorkload workload;
    std::int64_t generation = 0;
    bool whole = false;  ///< nothing is left to be read from /scale
    bool told = false;
  };

  static boost::asio::awaitable<void> look_up(std::shared_ptr<WorkloadWatch> self);
  static boost::asio::awaitable<void> read_scales(std::shared_ptr<WorkloadWatch> self);
  boost::asio::awaitable<Result<void>> read_scale(std::string id);
  boost::asio::awaitable<void> back_off(unsigned attempt);
  void watch();
  void seen(ChangeType type, const boost::json::object& thing);
  void tell();
  void lost(const Error& why);

  std::shared_ptr<ApiClient> client_;
  boost::asio::any_io_executor executor_;
  ReflectorOptions watching_;
  Observe observe_;
  std::string api_version_, kind_, key_;
  std::set<std::string> names_;  ///< "namespace/name" of what scalers name
  std::optional<ScaledKind> found_;
  std::shared_ptr<Reflector> reflector_;
  std::map<std::string, Object> objects_;  ///< by "namespace/name"
  bool listed_ = false;
  bool told_ = false;  ///< all of them, since the last list or loss
  bool reading_ = false;
  bool stopped_ = false;
  std::string lost_;
};

}  // namespace ecokube::kubernetes
