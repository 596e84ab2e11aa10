#include "cli/offline_wake.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <utility>

#include "cli/views.h"
#include "common/log.h"
#include "common/wake_bundle.h"
#include "coordinator/power/wake_on_lan.h"

namespace ecokube::cli {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

// A packet may be lost, or reach a machine that is still going down. Those that the first packet
// reached start no more, so the other rounds may hurry.
constexpr int kRounds = 3;
constexpr std::chrono::milliseconds kHurry{20};
constexpr std::chrono::milliseconds kMinute{60'000};

BundleNode read_node(const json::object& from) {
  BundleNode node{text_at(from, "node"), {text_at(from, "address"), {}, core::WakeMethod::wol}};
  if (const auto* macs = from.if_contains("macs"); macs != nullptr && macs->is_array()) {
    for (const auto& mac : macs->get_array()) {
      if (mac.is_string()) node.order.macs.emplace_back(mac.get_string());
    }
  }
  node.order.secure_on_file = text_at(from, "secure_on_file");
  return node;
}

Result<std::vector<BundleNode>> read_bundle(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream whole;
  whole << in.rdbuf();  // of a folder nothing can be read: that sets a bit here
  const auto text = std::move(whole).str();
  if (text.empty()) {
    return fail(Errc::io, "can't read " + file.string() +
                              "; make it while all is well: ecoctl wake-bundle > " + file.string());
  }
  auto nodes = parse_bundle(text);
  if (!nodes) return fail_while("reading " + file.string(), std::move(nodes.error()));
  return nodes;
}

Result<std::vector<BundleNode>> wanted_nodes(const Command& command) {
  auto nodes = read_bundle(command.bundle);
  if (!nodes || command.node.empty()) return nodes;
  std::erase_if(*nodes, [&](const BundleNode& one) { return one.node != command.node; });
  if (nodes->empty()) {
    return fail(Errc::not_found, command.bundle.string() + " knows no node " + command.node);
  }
  return nodes;
}

class OfflineWake {
 public:
  OfflineWake(asio::io_context& io, const Command& command, std::vector<BundleNode> nodes)
      : timer_(io),
        power_(make_wake_on_lan(io.get_executor())),
        every_(kMinute / command.rate_per_min),
        nodes_(std::move(nodes)) {}

  asio::awaitable<void> send_all() {
    for (int round = 1; round <= kRounds; ++round) {
      const bool first = round == 1;
      for (const auto& node : nodes_) co_await send(node, first, first ? every_ : kHurry);
    }
  }
  [[nodiscard]] std::size_t failed() const { return failed_.size(); }

 private:
  asio::awaitable<void> send(const BundleNode& node, bool first, std::chrono::milliseconds after) {
    if (failed_.contains(node.node)) co_return;
    if (started_) {
      timer_.expires_after(after);
      co_await timer_.async_wait(asio::use_awaitable);
    }
    started_ = true;
    const auto sent = co_await power_->wake(node.order);
    if (!sent) {
      failed_.insert(node.node);
      std::cerr << "ecoctl: " << node.node << ": " << sent.error().message << std::endl;
    } else if (first) {
      std::cout << node.node << ": a packet to " << node.order.address << std::endl;
    }
  }

  asio::steady_timer timer_;
  std::unique_ptr<PowerControl> power_;
  std::chrono::milliseconds every_;
  std::vector<BundleNode> nodes_;
  std::set<std::string> failed_;
  bool started_ = false;
};

}  // namespace

Result<std::vector<BundleNode>> parse_bundle(std::string_view text) {
  boost::system::error_code error;
  const auto value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) {
    return fail(Errc::invalid, "it is no JSON document of ecoctl wake-bundle");
  }
  const auto& object = value.get_object();
  if (const auto format = text_at(object, "format"); format != kWakeBundleFormat) {
    return fail(Errc::invalid, "its format is \"" + format + "\", and this ecoctl reads \"" +
                                   std::string(kWakeBundleFormat) + "\"");
  }
  std::vector<BundleNode> nodes;
  if (const auto* list = object.if_contains("nodes"); list != nullptr && list->is_array()) {
    for (const auto& one : list->get_array()) {
      if (one.is_object()) nodes.push_back(read_node(one.get_object()));
    }
  }
  return nodes;
}

int wake_offline(const Command& command) {
  // What goes out is told here, in fewer words.
  if (auto logging = log::start("ecoctl", "warning"); !logging) return kExitFailed;
  auto nodes = wanted_nodes(command);
  if (!nodes) {
    std::cerr << "ecoctl: " << nodes.error().message << "\n";
    return kExitFailed;
  }
  const auto count = nodes->size();
  asio::io_context io(1);
  OfflineWake work(io, command, *std::move(nodes));
  std::exception_ptr thrown;
  asio::co_spawn(io, work.send_all(), [&](const std::exception_ptr& error) { thrown = error; });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  std::cout << "Packets were sent to " << count - work.failed() << " of " << count
            << " nodes. Nothing answers them: look whether the machines come up.\n";
  return work.failed() == 0 ? kExitOk : kExitFailed;
}

}  // namespace ecokube::cli
