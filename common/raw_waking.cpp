#include "common/raw_waking.h"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <utility>

#include "common/helper_call.h"
#include "common/log.h"
#include "common/raw_wake.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;

/// As many frames as a relay sends at once: see MagicRelay.
constexpr std::size_t kWaitingMax = 256;
constexpr std::chrono::milliseconds kAnswerLimit{3000};

}  // namespace

struct RawWaking::State {
  State(asio::any_io_executor by, std::filesystem::path at)
      : executor(std::move(by)), socket(std::move(at)) {}

  static asio::awaitable<void> work(std::shared_ptr<State> state);
  void take(const RawWakeQuestion& question, const Result<std::string>& answer);
  /// Said once, until it is another or over. `what` is an interface; empty: the helper itself.
  bool is_new(const std::string& what, const std::string& problem) {
    if (!problem.empty()) return std::exchange(problems[what], problem) != problem;
    problems.erase(what);
    return false;
  }

  asio::any_io_executor executor;
  std::filesystem::path socket;
  std::deque<RawWakeQuestion> waiting;
  std::map<std::string, std::string> problems;
  bool works = false;
};

asio::awaitable<void> RawWaking::State::work(std::shared_ptr<State> state) {
  while (!state->waiting.empty()) {
    const auto question = std::move(state->waiting.front());
    state->waiting.pop_front();
    auto line = to_line(question);
    const auto answer =
        co_await ask_helper(state->executor, state->socket, std::move(line), kAnswerLimit);
    state->take(question, answer);
  }
  state->works = false;
}

void RawWaking::State::take(const RawWakeQuestion& question, const Result<std::string>& answer) {
  if (!answer) {
    waiting.clear();  // they would only wait for the same
    const auto why = why_unanswered("ecokube-raw-wake", socket, answer.error(),
                                    "systemctl enable --now ecokube-raw-wake.socket");
    if (!is_new("", why)) return;
    // Where it is not installed that is its owner's choice.
    const bool is_there = answer.error().code != Errc::not_found;
    constexpr auto* kText = "magic packets go by UDP alone why=\"{}\"";
    return is_there ? log::warn(kText, why) : log::info(kText, why);
  }
  (void)is_new("", "");
  const auto sent = parse_raw_wake_answer(*answer);
  const auto& interface = question.interface;
  if (sent) {
    log::info("magic packet sent kind=raw interface={} mac={}", interface, question.mac.text());
  }
  const auto why = sent ? std::string() : sent.error().message;
  if (is_new(interface, why)) {
    log::warn("no raw magic packet sent interface={} why=\"{}\"", interface, why);
  }
}

RawWaking::RawWaking(asio::any_io_executor executor, std::filesystem::path socket)
    : state_(std::make_shared<State>(std::move(executor), std::move(socket))) {}

void RawWaking::send(const RawFrames& frames) {
  auto& waiting = state_->waiting;
  if (state_->socket.empty()) return;
  for (const auto& interface : frames.interfaces) {
    for (const auto& mac : frames.macs) {
      // A full queue is that of a helper that hangs, or of a flood: what is repeated may be lost.
      if (waiting.size() < kWaitingMax) waiting.push_back({interface, mac, frames.secure_on});
    }
  }
  if (waiting.empty() || std::exchange(state_->works, true)) return;
  asio::co_spawn(state_->executor, State::work(state_),
                 log::thrown("sending raw magic packets failed"));
}

std::string RawWaking::problem(const std::vector<std::string>& interfaces) const {
  const auto& problems = state_->problems;
  if (const auto helper = problems.find(""); helper != problems.end()) return helper->second;
  for (const auto& interface : interfaces) {
    if (const auto own = problems.find(interface); own != problems.end()) return own->second;
  }
  return {};
}

}  // namespace ecokube
