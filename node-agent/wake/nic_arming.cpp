#include "node-agent/wake/nic_arming.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <system_error>
#include <utility>

#include "common/asio_tuple.h"
#include "common/boot_clock.h"
#include "common/helper_call.h"
#include "common/log.h"
#include "node-agent/sensors/segments.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

bool is_there(const std::filesystem::path& file) {
  std::error_code ignored;
  return !file.empty() && std::filesystem::exists(file, ignored);
}

std::string unanswered(const std::filesystem::path& socket, const Error& error) {
  return why_unanswered("ecokube-nic-arm", socket, error,
                        "systemctl restart ecokube-nic-arm.socket");
}

/// By the NICs' own problems, as many as a person reads.
std::string problem_of(const Waking& waking) {
  constexpr std::size_t kNicsTold = 4;
  const auto& nics = waking.nics;
  if (std::any_of(nics.begin(), nics.end(), [](const auto& each) { return each.nic.wake_armed; })) {
    return {};
  }
  std::string text = "no NIC of this machine is armed for wake-on-lan, it could not be woken again";
  if (nics.empty()) return text + ": it has no hardware NIC";
  std::string last;
  for (std::size_t i = 0; i < std::min(nics.size(), kNicsTold); ++i) {
    if (nics[i].problem == last) continue;
    last = nics[i].problem;
    text += (i == 0 ? ": " : "; ") + last;
  }
  return text;
}

}  // namespace

NicArming::NicArming(asio::any_io_executor executor, NicArmingOptions options)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      installed_(is_there(options_.socket)) {}

asio::awaitable<void> NicArming::run() {
  asio::steady_timer timer(executor_);
  auto pause = options_.retry;
  for (;;) {
    co_await arm();
    note_changes();
    timer.expires_after(told_.empty() ? options_.interval : pause);
    pause = told_.empty() ? options_.retry : std::min(2 * pause, options_.interval);
    co_await timer.async_wait(kTuple);
  }
}

void NicArming::note_changes() {
  const auto waking = look();
  if (waking.problem == told_) return;
  told_ = waking.problem;
  if (told_.empty()) log::info("a NIC is armed for wake-on-lan again");
  if (!told_.empty()) log::warn("this machine will refuse to power off why=\"{}\"", told_);
}

asio::awaitable<void> NicArming::arm() {
  installed_ = is_there(options_.socket);
  found_at_.reset();
  if (!installed_) {
    answers_.clear();
    co_return;
  }
  const auto until = boottime_now() + options_.total;
  const auto nics = read_nics(options_.roots);
  const bool any_link =
      std::any_of(nics.begin(), nics.end(), [](const Nic& nic) { return nic.link_up; });
  std::map<std::string, NicAnswer> answers;
  for (const auto& nic : nics) {
    const bool arms = !options_.only_look && (nic.link_up || !any_link);
    const auto left = std::chrono::duration_cast<milliseconds>(until - boottime_now());
    auto question = (arms ? "arm " : "status ") + nic.name;
    answers[nic.name] = co_await ask(std::move(question), std::min(options_.each, left));
  }
  answers_ = std::move(answers);
}

// An answer that we do not have is that it would not wake the machine.
asio::awaitable<NicAnswer> NicArming::ask(std::string question, milliseconds limit) {
  NicAnswer answer;
  if (limit <= milliseconds(0)) {
    answer.problem = unanswered(options_.socket, {Errc::timeout, "others took all the time"});
    co_return answer;
  }
  auto line = co_await ask_helper(executor_, options_.socket, std::move(question), limit);
  auto parsed =
      line ? parse_nic_answer(*line) : Result<NicAnswer>(std::unexpected(std::move(line.error())));
  if (parsed) {
    answer = std::move(*parsed);
  } else {
    answer.problem = unanswered(options_.socket, parsed.error());
  }
  co_return answer;
}

WakingNic NicArming::known(const Nic& nic) const {
  WakingNic waking{nic, std::nullopt, {}};
  if (!installed_) {
    if (!nic.wake_armed) {
      waking.problem =
          nic.name + " is not armed (ethtool -s " + nic.name + " wol g, and device/power/wakeup)";
    }
    return waking;
  }
  const auto found = answers_.find(nic.name);
  if (found == answers_.end()) {
    waking.nic.wake_armed = false;
    waking.problem = "whether " + nic.name + " is armed was not asked yet";
    return waking;
  }
  const auto& answer = found->second;
  if (answer.known) waking.supported = answer.supports_magic();
  waking.problem = answer.problem;
  // What the driver said is some minutes old; the switch can be seen at any time.
  const bool switched_off = answer.wakeup == Wakeup::enabled && !nic.wake_armed;
  waking.nic.wake_armed = answer.armed() && !switched_off;
  if (!waking.nic.wake_armed && waking.problem.empty()) {
    waking.problem = "device/power/wakeup of " + nic.name + " was set to disabled";
  }
  return waking;
}

const std::vector<Nic>& NicArming::nics() const {
  const auto now = boottime_now();
  if (found_at_ && now - *found_at_ < options_.find_interval) {
    for (auto& nic : nics_) read_state(options_.roots, nic);
    return nics_;
  }
  found_at_ = now;
  return nics_ = read_nics_on_segments(options_.roots, options_.segments);
}

Waking NicArming::look() const {
  Waking waking;
  for (const auto& nic : nics()) waking.nics.push_back(known(nic));
  if (options_.needed) waking.problem = problem_of(waking);
  waking.verified = installed_;
  return waking;
}

void write_nics(const Waking& waking, google::protobuf::RepeatedPtrField<v1::Nic>& out) {
  for (const auto& each : waking.nics) {
    auto& message = *out.Add();
    message.set_name(each.nic.name);
    message.set_mac(each.nic.mac.raw());
    message.set_link_up(each.nic.link_up);
    message.set_wake_armed(each.nic.wake_armed);
    for (const auto& subnet : each.nic.subnets) {
      auto& told = *message.add_subnets();
      told.set_address(subnet.address);
      told.set_prefix(static_cast<std::uint32_t>(subnet.prefix));
    }
    if (each.supported) message.set_wake_supported(*each.supported);
    message.set_wake_problem(each.problem);
  }
}

}  // namespace ecokube::agent
