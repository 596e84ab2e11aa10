#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "common/log.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/reflector.h"

namespace ecokube::lab {

/// All objects of one resource as they were last seen, by "namespace/name". While the resource is
/// listed anew the old view stays. On the executor's one thread.
template <class T>
class WatchedObjects {
 public:
  using Parse = std::function<Result<T>(const boost::json::object&)>;
  using Changed = std::function<void()>;

  WatchedObjects(std::shared_ptr<kubernetes::ApiClient> client,
                 boost::asio::any_io_executor executor, std::string path, Parse parse,
                 Changed changed)
      : path_(path), parse_(std::move(parse)), changed_(std::move(changed)) {
    kubernetes::ReflectorOptions options;
    options.path = std::move(path);
    options.backoff_cap = std::chrono::milliseconds(2000);  // a lab must come up fast
    reflector_ = std::make_shared<kubernetes::Reflector>(std::move(client), std::move(executor),
                                                         std::move(options), callbacks());
  }
  WatchedObjects(const WatchedObjects&) = delete;
  WatchedObjects& operator=(const WatchedObjects&) = delete;
  ~WatchedObjects() { reflector_->stop(); }

  void start() { reflector_->start(); }
  void stop() { reflector_->stop(); }

  /// True from the end of the first list on.
  [[nodiscard]] bool listed() const { return listed_; }
  [[nodiscard]] const std::map<std::string, T>& all() const { return objects_; }

 private:
  kubernetes::Reflector::Callbacks callbacks() {
    kubernetes::Reflector::Callbacks result;
    result.list_begun = [this] { listing_.clear(); };
    result.item = [this](const boost::json::object& thing) { listing_.insert(take(thing)); };
    result.listed = [this](core::Revision) {
      std::erase_if(objects_, [this](const auto& o) { return !listing_.contains(o.first); });
      listing_.clear();
      listed_ = true;
      complaint_.clear();
      changed_();
    };
    result.changed = [this](kubernetes::ChangeType type, const boost::json::object& thing) {
      if (type == kubernetes::ChangeType::deleted) {
        objects_.erase(key_of(thing));
      } else {
        take(thing);
      }
      changed_();
    };
    result.bookmark = [](core::Revision) {};
    result.interrupted = [this](const Error& why) {
      if (why.message == complaint_) return;
      complaint_ = why.message;
      log::warn("watch=interrupted path={} reason=\"{}\"", path_, why.message);
    };
    return result;
  }

  static std::string key_of(const boost::json::object& thing) {
    return std::string(kubernetes::find_text(thing, {"metadata", "namespace"})) + "/" +
           std::string(kubernetes::find_text(thing, {"metadata", "name"}));
  }

  std::string take(const boost::json::object& thing) {
    auto key = key_of(thing);
    auto parsed = parse_(thing);
    if (parsed) {
      objects_.insert_or_assign(key, std::move(*parsed));
    } else {
      log::warn("watch=unreadable_object path={} reason=\"{}\"", path_, parsed.error().message);
      objects_.erase(key);
    }
    return key;
  }

  std::string path_;
  Parse parse_;
  Changed changed_;
  bool listed_ = false;
  std::map<std::string, T> objects_;
  std::set<std::string> listing_;
  std::string complaint_;
  std::shared_ptr<kubernetes::Reflector> reflector_;
};

}  // namespace ecokube::lab
