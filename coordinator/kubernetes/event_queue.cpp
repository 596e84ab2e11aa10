#include "coordinator/kubernetes/event_queue.h"

#include <utility>

namespace ecokube::kubernetes {

bool EventQueue::push(ObjectEvent event) {
  auto key = key_of(event);
  const auto same = by_key_.find(key);
  if (same != by_key_.end()) {
    ++same->second->times;
    return true;
  }
  if (waiting_.size() >= max_) return false;
  waiting_.push_back({std::move(event), 1});
  by_key_.emplace(std::move(key), std::prev(waiting_.end()));
  return true;
}

std::optional<EventQueue::Waiting> EventQueue::pop() {
  if (waiting_.empty()) return std::nullopt;
  auto first = std::move(waiting_.front());
  waiting_.pop_front();
  by_key_.erase(key_of(first.event));
  return first;
}

void EventQueue::clear() {
  waiting_.clear();
  by_key_.clear();
}

}  // namespace ecokube::kubernetes
