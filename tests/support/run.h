#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

namespace ecokube::test {

inline constexpr std::chrono::seconds kRunLimit{30};

/// Runs a coroutine to its end on `io` and returns its value; throws when it does not end in time.
template <class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> work,
      std::chrono::milliseconds limit = kRunLimit) {
  std::optional<T> value;
  std::exception_ptr error;
  bool ended = false;
  boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T v) {
    error = e;
    value = std::move(v);
    ended = true;
  });
  io.restart();
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!ended && std::chrono::steady_clock::now() < until) io.run_one_until(until);
  if (error) std::rethrow_exception(error);
  if (!ended) throw std::runtime_error("coroutine did not end in time");
  return std::move(*value);
}

inline void run(boost::asio::io_context& io, boost::asio::awaitable<void> work,
                std::chrono::milliseconds limit = kRunLimit) {
  std::exception_ptr error;
  bool ended = false;
  boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) {
    error = e;
    ended = true;
  });
  io.restart();
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!ended && std::chrono::steady_clock::now() < until) io.run_one_until(until);
  if (error) std::rethrow_exception(error);
  if (!ended) throw std::runtime_error("coroutine did not end in time");
}

/// Runs `io` until `done()` is true; false when it is not in time.
inline bool run_until(boost::asio::io_context& io, const std::function<bool()>& done,
                      std::chrono::milliseconds limit = kRunLimit) {
  io.restart();
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    if (io.run_one_for(std::chrono::milliseconds(20)) == 0 && io.stopped()) io.restart();
  }
  return true;
}

/// Looks every `between`, and runs `io` meanwhile, until it is so; false when it is not in time.
inline bool becomes(boost::asio::io_context& io, const std::function<bool()>& so,
                    std::chrono::milliseconds limit = kRunLimit,
                    std::chrono::milliseconds between = std::chrono::milliseconds(20)) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!so()) {
    if (std::chrono::steady_clock::now() > until) return false;
    io.restart();
    io.run_for(between);
  }
  return true;
}

}  // namespace ecokube::test
