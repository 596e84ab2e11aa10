#include "lab/witness/witness.h"

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/log.h"
#include "coordinator/kubernetes/reflector.h"
#include "lab/kubernetes/truth_events.h"
#include "lab/witness/last_seen.h"

namespace ecokube::lab {

namespace {

struct Collection {
  const char* name;  ///< as log_truth() knows it
  const char* path;
};
constexpr std::array<Collection, 3> kCollections{
    {{"v1/nodes", "/api/v1/nodes"},
     {"v1/pods", "/api/v1/pods"},
     {"apps/v1/deployments", "/apis/apps/v1/deployments"}}};

class Witness final : public Controller {
 public:
  Witness(std::shared_ptr<kubernetes::ApiClient> client, boost::asio::any_io_executor executor,
          JsonLines truth)
      : truth_(std::move(truth)) {
    for (const auto& collection : kCollections) {
      auto seen = std::make_shared<LastSeen>(
          collection.name, [this](const StoreEvent& event) { log_truth(truth_, event); });
      kubernetes::ReflectorOptions options;
      options.path = collection.path;
      options.backoff_cap = std::chrono::milliseconds(1000);  // late is a wrong time in the log
      reflectors_.push_back(std::make_shared<kubernetes::Reflector>(
          client, executor, std::move(options), callbacks(std::move(seen), collection.path)));
    }
  }

  void start() override {
    for (const auto& reflector : reflectors_) reflector->start();
  }
  void stop() override {
    for (const auto& reflector : reflectors_) reflector->stop();
  }

 private:
  static kubernetes::Reflector::Callbacks callbacks(std::shared_ptr<LastSeen> seen,
                                                    std::string path) {
    kubernetes::Reflector::Callbacks to;
    to.list_begun = [seen] { seen->list_begun(); };
    to.item = [seen](const json::object& thing) { seen->item(thing); };
    to.listed = [seen, path](core::Revision revision) {
      log::info("watching path={} revision={}", path, revision);
      seen->listed();
    };
    to.changed = [seen](kubernetes::ChangeType type, const json::object& thing) {
      seen->changed(type, thing);
    };
    to.bookmark = [](core::Revision) {};
    to.interrupted = [path](const Error& why) {
      log::warn("interrupted path={} reason=\"{}\"; what happens meanwhile is written late", path,
                why.message);
    };
    return to;
  }

  JsonLines truth_;
  std::vector<std::shared_ptr<kubernetes::Reflector>> reflectors_;
};

}  // namespace

std::shared_ptr<Controller> make_witness(std::shared_ptr<kubernetes::ApiClient> client,
                                         boost::asio::any_io_executor executor, JsonLines truth) {
  return std::make_shared<Witness>(std::move(client), std::move(executor), std::move(truth));
}

}  // namespace ecokube::lab
