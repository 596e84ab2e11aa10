#include "coordinator/kubernetes/object_events.h"

#include <fmt/format.h>

#include "coordinator/kubernetes/lease.h"

namespace ecokube::kubernetes {
namespace {

using boost::json::object;

constexpr Duration kSeriesPause = std::chrono::minutes(10);
constexpr std::size_t kMessageBytesMax = 1024;  // the API server's own limit
constexpr std::string_view kComponent = "ecokube-coordinator";

/// The API keeps the Events of things without a namespace in this one.
std::string namespace_of(const EventSubject& about) {
  return about.ns.empty() ? "default" : about.ns;
}

object new_event(const ObjectEvent& event, const std::string& name, const std::string& reporter,
                 TimePoint now, std::int64_t times) {
  object body;
  body["apiVersion"] = "v1";
  body["kind"] = "Event";
  body["metadata"] = object{{"name", name}, {"namespace", namespace_of(event.about)}};
  object involved{{"apiVersion", "v1"},
                  {"kind", event.about.kind},
                  {"name", event.about.name},
                  {"uid", event.about.uid}};
  if (!event.about.ns.empty()) involved["namespace"] = event.about.ns;
  body["involvedObject"] = std::move(involved);
  body["type"] = event.warning ? "Warning" : "Normal";
  body["reason"] = event.reason;
  body["message"] = event.message.substr(0, kMessageBytesMax);
  body["source"] = object{{"component", kComponent}, {"host", reporter}};
  body["reportingComponent"] = kComponent;
  body["reportingInstance"] = reporter;
  body["firstTimestamp"] = micro_time(now);
  body["lastTimestamp"] = micro_time(now);
  body["count"] = times;
  return body;
}

}  // namespace

EventSubject about_node(const NodeName& node) { return {"Node", "", node, node}; }

EventSubject about_pod(const core::PodRef& pod) { return {"Pod", pod.ns, pod.name, pod.uid}; }

std::string key_of(const ObjectEvent& event) {
  const auto& about = event.about;
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", about.kind, about.ns, about.uid, event.warning,
                     event.reason, event.message);
}

EventWrite EventSeries::next(const ObjectEvent& event, TimePoint now, std::int64_t times) {
  const auto& about = event.about;
  const auto key = key_of(event);
  const auto found = by_key_.find(key);
  if (found != by_key_.end() && now - found->second->last < kSeriesPause) {
    said_.splice(said_.begin(), said_, found->second);
    auto& said = said_.front();
    said.last = now;
    object patch;
    said.count += times;
    patch["count"] = said.count;
    patch["lastTimestamp"] = micro_time(now);
    return {namespace_of(about), said.name, false, std::move(patch)};
  }
  if (found != by_key_.end()) {
    said_.erase(found->second);
    by_key_.erase(found);
  }
  const auto name = fmt::format("{}.{:x}.{:x}", about.name, to_ms(now), ++made_);
  said_.push_front({key, name, times, now});
  by_key_[key] = said_.begin();
  if (said_.size() > kRememberedMax) {
    by_key_.erase(said_.back().key);
    said_.pop_back();
  }
  return {namespace_of(about), name, true, new_event(event, name, reporter_, now, times)};
}

void EventSeries::forget(const std::string& name) {
  for (auto said = said_.begin(); said != said_.end(); ++said) {
    if (said->name != name) continue;
    by_key_.erase(said->key);
    said_.erase(said);
    return;
  }
}

}  // namespace ecokube::kubernetes
