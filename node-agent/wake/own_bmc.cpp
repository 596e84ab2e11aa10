#include "node-agent/wake/own_bmc.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <utility>

#include "common/asio_tuple.h"
#include "common/helper_call.h"
#include "common/log.h"
#include "node-agent/sensors/bmc_device.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;

std::string cannot_ask(const OwnBmcOptions& options, const Error& error) {
  return "ecokube-bmc-info can't be asked at " + options.socket.string() + ": " + error.message +
         "; run: systemctl enable --now ecokube-bmc-info.socket";
}

void log_bmc(const BmcAnswer& bmc) {
  if (bmc.problem.empty()) {
    log::info("this machine's BMC address={} mac={} guid={}", bmc.address, bmc.mac, bmc.guid);
  } else {
    log::warn("this machine's BMC address={} why=\"{}\"", bmc.address, bmc.problem);
  }
}

}  // namespace

OwnBmc::OwnBmc(asio::any_io_executor executor, OwnBmcOptions options)
    : executor_(std::move(executor)), options_(std::move(options)), next_retry_(options_.retry) {}

asio::awaitable<void> OwnBmc::run() {
  if (options_.socket.empty()) co_return;
  asio::steady_timer timer(executor_);
  for (;;) {
    co_await look();
    timer.expires_after(pause());
    co_await timer.async_wait(kTuple);
  }
}

std::chrono::milliseconds OwnBmc::pause() {
  if (!seen_->present) return options_.absent;
  if (seen_->problem.empty()) next_retry_ = options_.retry;
  if (seen_->problem.empty()) return options_.interval;
  return std::exchange(next_retry_, std::min(2 * next_retry_, options_.interval));
}

asio::awaitable<void> OwnBmc::look() {
  BmcAnswer answer;
  if (has_ipmi_device(options_.sysfs)) {
    std::string question = "status";
    auto line =
        co_await ask_helper(executor_, options_.socket, std::move(question), options_.limit);
    auto parsed = line ? parse_bmc_answer(*line)
                       : Result<BmcAnswer>(std::unexpected(std::move(line.error())));
    if (parsed) {
      answer = std::move(*parsed);
    } else {
      answer.present = true;
      answer.problem = cannot_ask(options_, parsed.error());
    }
  }
  if (seen_ == answer) co_return;
  if (answer.present || seen_) log_bmc(answer);
  seen_ = std::move(answer);
}

void write_bmc(const BmcAnswer& answer, v1::Bmc& out) {
  out.set_present(answer.present);
  out.set_address(answer.address);
  out.set_mac(answer.mac);
  out.set_address_source(answer.source);
  out.set_vlan(static_cast<std::uint32_t>(answer.vlan));
  out.set_guid(answer.guid);
  out.set_problem(answer.problem);
}

}  // namespace ecokube::agent
