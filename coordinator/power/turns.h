#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>

namespace ecokube {

/// So many may do something at the same time, the others wait in their order. One thread.
class Turns {
 public:
  Turns(boost::asio::any_io_executor executor, std::size_t at_once);
  ~Turns();
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  /// The right to go on, given back when it is destroyed.
  class Ticket;
  [[nodiscard]] boost::asio::awaitable<Ticket> take();

 private:
  struct Queue;
  std::shared_ptr<Queue> queue_;
};

class Turns::Ticket {
 public:
  explicit Ticket(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}
  Ticket(Ticket&&) noexcept = default;
  Ticket& operator=(Ticket&&) = delete;
  ~Ticket();

 private:
  std::shared_ptr<Queue> queue_;
};

}  // namespace ecokube
