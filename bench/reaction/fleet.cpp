#include "bench/reaction/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "common/boot_clock.h"
#include "common/log.h"
#include "node-agent/link/client.h"

namespace ecokube::bench {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kGoodbyeLimit{1};

void log_end(const std::exception_ptr& error) {
  if (error) log::error("an agent ended by an unforeseen error");
}

}  // namespace

class FakeAgent final : public agent::LinkHost {
 public:
  FakeAgent(const asio::any_io_executor& executor, BenchNode node, agent::LinkOptions link,
            std::string wake_address, Fleet& fleet)
      : executor_(executor),
        node_(std::move(node)),
        wake_address_(std::move(wake_address)),
        fleet_(fleet),
        link_(agent::make_link_client(executor, std::move(link), *this)) {}

  void connect() { asio::co_spawn(executor_, link_->run(), log_end); }
  void stop() { link_->stop(); }
  void boot() {
    ++boot_;
    booted_at_ = boottime_now();
    link_->resume();
  }

  v1::Hello hello() override {
    v1::Hello message;
    message.set_protocol_version(1);
    message.set_machine_id("machine-" + node_.name);
    message.set_boot_id(boot_id_of(node_.name, boot_));
    message.set_fence_highest_seen(fence_);
    message.set_agent_version("bench");
    auto& inventory = *message.mutable_inventory();
    *inventory.add_nics() = nic();
    inventory.set_wake_address(wake_address_);
    return message;
  }

  v1::Heartbeat heartbeat(std::uint64_t) override {
    v1::Heartbeat message;
    message.set_boot_id(boot_id_of(node_.name, boot_));
    message.set_uptime_ms(
        std::chrono::duration_cast<std::chrono::milliseconds>(boottime_now() - booted_at_).count());
    message.set_fence_highest_seen(fence_);
    *message.add_nics() = nic();
    return message;
  }

  Result<std::uint64_t> session_opened(const std::string& /*coordinator*/) override {
    return ++sessions_;
  }
  void session_closed(std::uint64_t /*session*/) override {}
  void heartbeat_sent(std::uint64_t /*session*/, std::uint64_t /*sequence*/) override {}
  void ca_bundle_seen(const std::string& /*sha256*/) override {}
  v1::RelayReply relay_asked(const v1::Relay& /*relay*/) override { return {}; }
  void certificate_issued(const v1::Issued& /*issued*/) override {}
  void fence_seen(std::int64_t fence) override { fence_ = std::max(fence_, fence); }

  void shutdown_asked(std::uint64_t session, v1::Shutdown command) override {
    fleet_.shutdown.try_emplace(node_.name, Clock::now());
    fence_seen(command.fence());
    asio::co_spawn(executor_, go_off(session, command.command_id()), log_end);
  }

 private:
  v1::Nic nic() const {
    v1::Nic card;
    card.set_name("eth0");
    card.set_mac(node_.mac.raw());
    card.set_link_up(true);
    card.set_wake_armed(true);
    return card;
  }

  asio::awaitable<void> go_off(std::uint64_t session, std::string command) {
    v1::ShutdownReply reply;
    reply.set_command_id(command);
    reply.set_accepted(true);
    if (!link_->answer(session, reply)) co_return;
    v1::Goodbye goodbye;
    goodbye.set_origin(v1::ORIGIN_COORDINATOR);
    goodbye.set_command_id(command);
    goodbye.set_boot_id(boot_id_of(node_.name, boot_));
    link_->say_goodbye(goodbye);
    co_await link_->close(boottime_now() + kGoodbyeLimit);
    fleet_.on_off(node_.name);
  }

  asio::any_io_executor executor_;
  BenchNode node_;
  std::string wake_address_;
  Fleet& fleet_;
  int boot_ = 1;
  std::chrono::nanoseconds booted_at_ = boottime_now();
  std::int64_t fence_ = 0;
  std::uint64_t sessions_ = 0;
  std::unique_ptr<agent::LinkClient> link_;
};

Fleet::Fleet(asio::any_io_executor executor, Options options)
    : executor_(std::move(executor)), options_(std::move(options)) {}

Fleet::~Fleet() = default;

Result<void> Fleet::add(const std::vector<BenchNode>& nodes) {
  for (const auto& node : nodes) {
    const lab::CertificateWish wish{.file_stem = node.name,
                                    .sans = {"URI:ecokube://node/" + node.name}};
    const auto files = lab::make_certificate(options_.certificates, options_.ca, wish);
    if (!files) return std::unexpected(files.error());
    auto tls = make_link_client_context({options_.ca.certificate, files->certificate, files->key});
    if (!tls) return std::unexpected(std::move(tls.error()));
    agent::LinkOptions link;
    link.address = options_.coordinator;
    link.tls = *std::move(tls);
    agents_[node.name] =
        std::make_unique<FakeAgent>(executor_, node, std::move(link), options_.wake_address, *this);
  }
  return {};
}

void Fleet::connect() {
  for (const auto& [name, agent] : agents_) agent->connect();
}

void Fleet::stop() {
  for (const auto& [name, agent] : agents_) agent->stop();
}

void Fleet::boot(const NodeName& node) { agents_.at(node)->boot(); }

}  // namespace ecokube::bench
