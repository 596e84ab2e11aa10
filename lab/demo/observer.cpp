#include "lab/demo/observer.h"

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fstream>
#include <iterator>
#include <utility>

namespace ecokube::lab {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds kInterval{300};

HttpEndpoint rest_endpoint(const LabLayout& lab) {
  auto parsed = parse_http_url("http://" + lab.coordinator_api());
  return parsed ? parsed->first : HttpEndpoint{};
}

/// `path` within nested objects; nullptr where anything on the way is missing.
const json::value* at(const json::value& from, std::initializer_list<const char*> path) {
  const json::value* here = &from;
  for (const char* key : path) {
    const auto* object = here->if_object();
    here = object != nullptr ? object->if_contains(key) : nullptr;
    if (here == nullptr) return nullptr;
  }
  return here->is_null() ? nullptr : here;
}

std::string text_at(const json::value& from, std::initializer_list<const char*> path) {
  const auto* value = at(from, path);
  return value != nullptr && value->is_string() ? std::string(value->as_string().c_str()) : "";
}

std::optional<double> number_at(const json::value& from, std::initializer_list<const char*> path) {
  const auto* value = at(from, path);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

}  // namespace

Observer::Observer(asio::any_io_executor executor, const LabLayout& lab, std::int64_t jobs)
    : executor_(executor), lab_(lab), rest_(std::move(executor), rest_endpoint(lab)) {
  spectacle_.jobs = jobs;
}

asio::awaitable<void> Observer::watch(Progress& progress) {
  asio::steady_timer timer(executor_);
  while (!stopping_) {
    read_truth();
    co_await ask_coordinator();
    if (!stopping_) progress.show(spectacle_);
    timer.expires_after(kInterval);
    co_await timer.async_wait(asio::use_awaitable);
  }
  stopped_ = true;
}

void Observer::read_truth() {
  std::ifstream in(lab_.truth_log(), std::ios::binary);
  in.seekg(static_cast<std::streamoff>(truth_read_));
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto end = text.rfind('\n');
  if (end == std::string::npos) return;
  text.resize(end + 1);
  truth_read_ += text.size();
  auto piece = parse_truth_log(text);
  std::ranges::move(piece.events, std::back_inserter(truth_.events));
  history_ = fold(truth_);
  spectacle_.uploaded = static_cast<std::int64_t>(history_.acknowledged.size());
  spectacle_.done = static_cast<std::int64_t>(history_.results.size());
}

asio::awaitable<void> Observer::ask_coordinator() {
  auto nodes = co_await rest_.get("/api/v1/nodes");
  if (nodes) take_nodes(*nodes);
  if (!nodes) co_return;  // not there yet, or not any more
  auto fleet = co_await rest_.get("/api/v1/fleet");
  if (fleet) take_fleet(*fleet);
}

void Observer::take_nodes(const json::value& answer) {
  const auto* list = at(answer, {"nodes"});
  if (list == nullptr || !list->is_array()) return;
  nodes_.clear();
  spectacle_.nodes.clear();
  for (const auto& node : list->as_array()) {
    const std::string name = text_at(node, {"name"});
    NodeView& view = nodes_[name];
    view.state = text_at(node, {"state"});
    const auto* connected = at(node, {"agent", "connected"});
    view.connected = connected != nullptr && connected->is_bool() && connected->as_bool();
    view.kubernetes_ready = text_at(node, {"kubernetes", "ready"}) == "ready";
    view.wake_proven = at(node, {"wake", "proven_at"}) != nullptr;
    view.last_problem = text_at(node, {"last_problem"});
    view.want = text_at(node, {"want", "reason", "text"});
    spectacle_.nodes[name] = view.state;
  }
}

void Observer::take_fleet(const json::value& answer) {
  spectacle_.watts = number_at(answer, {"power_watts"});
  const auto bound = number_at(answer, {"pods", "bound"});
  const auto pending = number_at(answer, {"pods", "pending"});
  if (bound && pending) spectacle_.pods = static_cast<std::int64_t>(*bound + *pending);
  const auto* scalers = at(answer, {"scalers"});
  if (scalers == nullptr || !scalers->is_array() || scalers->as_array().empty()) return;
  const auto lag = number_at(scalers->as_array().front(), {"lag"});
  spectacle_.lag.reset();
  if (lag) spectacle_.lag = static_cast<std::int64_t>(*lag);
}

std::string Observer::machine_state(std::string_view node) const {
  const auto found = history_.machines.find(std::string(node));
  return found == history_.machines.end() ? "off" : found->second.state_at(history_.end);
}

std::string Observer::nodes_text() const {
  std::string out;
  for (const LabNode& node : kLabNodes) {
    out += fmt::format("\n    {}: the machine is {}", node.name, machine_state(node.name));
    const auto found = nodes_.find(std::string(node.name));
    if (found == nodes_.end()) continue;
    const NodeView& view = found->second;
    out += fmt::format(", the coordinator says {}", view.state);
    if (!view.want.empty()) out += ", " + view.want;
    if (!view.last_problem.empty()) out += " (" + view.last_problem + ")";
  }
  return out;
}

}  // namespace ecokube::lab
