#include "coordinator/power/turns.h"

#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <utility>

namespace ecokube {

namespace asio = boost::asio;
using boost::system::error_code;

/// A channel that holds as many tokens as may go on.
struct Turns::Queue {
  Queue(asio::any_io_executor executor, std::size_t at_once) : tokens(executor, at_once) {
    while (tokens.try_send(error_code())) {
    }
  }
  asio::experimental::channel<void(error_code)> tokens;
};

Turns::Turns(asio::any_io_executor executor, std::size_t at_once)
    : queue_(std::make_shared<Queue>(std::move(executor), at_once)) {}

Turns::~Turns() = default;

asio::awaitable<Turns::Ticket> Turns::take() {
  auto queue = queue_;
  co_await queue->tokens.async_receive(asio::use_awaitable);
  co_return Ticket(std::move(queue));
}

Turns::Ticket::~Ticket() {
  if (queue_) queue_->tokens.try_send(error_code());
}

}  // namespace ecokube
