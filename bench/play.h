#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <utility>

#include "common/error.h"

namespace ecokube::bench {

/// Plays a benchmark to its end on `io`: `run.play()` makes the figures, `run.end()` stops what it
/// began, whatever became of them. SIGINT and SIGTERM end it at once.
template <class Figures, class Run>
[[nodiscard]] Result<Figures> play(boost::asio::io_context& io, Run& run) {
  namespace asio = boost::asio;
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) io.stop();
  });
  const auto play_and_end = [](Run& one) -> asio::awaitable<Result<Figures>> {
    auto figures = co_await one.play();
    co_await one.end();
    co_return figures;
  };
  Result<Figures> figures = fail(Errc::io, "interrupted");
  asio::co_spawn(io, play_and_end(run),
                 [&](const std::exception_ptr& error, Result<Figures> result) {
                   figures = error ? fail(Errc::io, "an unforeseen error") : std::move(result);
                   io.stop();
                 });
  io.run();
  return figures;
}

}  // namespace ecokube::bench
