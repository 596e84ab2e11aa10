#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/asio_tuple.h"

namespace ecokube::test {

/// A one-shot helper at its socket, on the test's own thread: says to each question what `answer`
/// says, with a line's end, or nothing at all.
class HelperDouble {
 public:
  using Answer = std::function<std::optional<std::string>(const std::string&)>;

  HelperDouble(boost::asio::io_context& io, const std::filesystem::path& socket, Answer answer)
      : state_(std::make_shared<State>(io, socket)) {
    state_->answer = std::move(answer);
    boost::asio::co_spawn(io, serve(state_), boost::asio::detached);
  }
  ~HelperDouble() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    state_->silent.clear();
  }
  HelperDouble(const HelperDouble&) = delete;
  HelperDouble& operator=(const HelperDouble&) = delete;

  void answers(Answer answer) { state_->answer = std::move(answer); }
  [[nodiscard]] const std::vector<std::string>& asked() const { return state_->asked; }
  [[nodiscard]] bool was_asked(const std::string& question) const {
    for (const auto& each : state_->asked) {
      if (each == question) return true;
    }
    return false;
  }

 private:
  using Protocol = boost::asio::local::stream_protocol;
  struct State {
    State(boost::asio::io_context& io, const std::filesystem::path& socket)
        : acceptor(io, Protocol::endpoint(socket.string())) {}
    Protocol::acceptor acceptor;
    Answer answer;
    std::vector<std::string> asked;
    std::vector<Protocol::socket> silent;  ///< whom nothing was said to
  };

  static boost::asio::awaitable<void> serve(std::shared_ptr<State> state) {
    for (;;) {
      auto [error, peer] = co_await state->acceptor.async_accept(kTuple);
      if (error) co_return;
      std::string line;
      auto into = boost::asio::dynamic_buffer(line);
      const auto [lost, bytes] = co_await boost::asio::async_read_until(peer, into, '\n', kTuple);
      if (lost) continue;
      line.pop_back();
      state->asked.push_back(line);
      auto said = state->answer(line);
      if (!said) {
        state->silent.push_back(std::move(peer));
        continue;
      }
      *said += '\n';
      const auto [gone, written] =
          co_await boost::asio::async_write(peer, boost::asio::buffer(*said), kTuple);
      (void)gone;
      (void)written;
    }
  }

  std::shared_ptr<State> state_;
};

}  // namespace ecokube::test
