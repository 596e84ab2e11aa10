#include "node-agent/logind/system_bus.h"

#include <poll.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "common/asio_tuple.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;
constexpr std::uint64_t kCallLimitUs = 5'000'000;
constexpr auto kNever = asio::steady_timer::time_point::max();

std::unexpected<Error> bus_failure(const std::string& doing, int error) {
  return fail(Errc::unreachable, doing + ": " + std::strerror(-error));
}

std::unexpected<Error> failure_of(const BusMethod& method, const sd_bus_error& error) {
  const std::string said = error.message == nullptr ? error.name : error.message;
  const auto code = sd_bus_error_has_name(&error, SD_BUS_ERROR_NO_REPLY) != 0 ||
                            sd_bus_error_has_name(&error, SD_BUS_ERROR_TIMEOUT) != 0
                        ? Errc::timeout
                        : Errc::refused;
  return fail(code, std::string(method.service) + " " + method.member + ": " + said);
}

}  // namespace

struct SystemBus::Call {
  asio::steady_timer done;
  BusMessage reply{nullptr, sd_bus_message_unref};
};

SystemBus::SystemBus(const asio::any_io_executor& executor)
    : executor_(executor), descriptor_(executor), timeout_(executor) {}

Result<std::shared_ptr<SystemBus>> SystemBus::connect(const asio::any_io_executor& executor) {
  std::shared_ptr<SystemBus> self(new SystemBus(executor));
  if (const int opened = sd_bus_open_system(&self->bus_); opened < 0) {
    return bus_failure("cannot reach the system's D-Bus", opened);
  }
  // A descriptor of our own: sd-bus closes its.
  const int fd = ::dup(sd_bus_get_fd(self->bus_));
  boost::system::error_code error;
  if (fd >= 0) self->descriptor_.assign(fd, error);
  if (fd < 0 || error) return fail(Errc::io, "cannot wait for the system's D-Bus");
  self->wait();
  return self;
}

SystemBus::~SystemBus() {
  for (const auto& listener : listeners_) sd_bus_slot_unref(listener->slot);
  if (bus_ != nullptr) sd_bus_close_unref(bus_);
}

asio::awaitable<Result<BusMessage>> SystemBus::call(BusMethod method, Fill fill) {
  const auto keep_alive = shared_from_this();
  sd_bus_message* made = nullptr;
  int done = sd_bus_message_new_method_call(bus_, &made, method.service, method.path,
                                            method.interface, method.member);
  const BusMessage request(made, sd_bus_message_unref);
  if (done >= 0 && fill) done = fill(made);
  Call call{asio::steady_timer(executor_, kNever)};
  sd_bus_slot* slot = nullptr;
  if (done >= 0) done = sd_bus_call_async(bus_, &slot, made, &on_reply, &call, kCallLimitUs);
  if (done < 0) co_return bus_failure(std::string("cannot call ") + method.member, done);
  const std::unique_ptr<sd_bus_slot, decltype(&sd_bus_slot_unref)> ends(slot, sd_bus_slot_unref);
  calls_.insert(&call);
  wait();
  co_await call.done.async_wait(kTuple);
  calls_.erase(&call);
  if (!call.reply) co_return fail(Errc::unreachable, "the system's D-Bus is gone");
  const auto* error = sd_bus_message_get_error(call.reply.get());
  if (error != nullptr) co_return failure_of(method, *error);
  co_return std::move(call.reply);
}

int SystemBus::on_reply(sd_bus_message* reply, void* call, sd_bus_error* /*error*/) {
  auto& waiting = *static_cast<Call*>(call);
  waiting.reply = BusMessage(sd_bus_message_ref(reply), sd_bus_message_unref);
  waiting.done.cancel();
  return 0;
}

Result<void> SystemBus::listen(BusMethod signal, OnSignal on_signal) {
  auto listener = std::make_unique<Listener>(Listener{std::move(on_signal)});
  const int done = sd_bus_match_signal_async(bus_, &listener->slot, signal.service, signal.path,
                                             signal.interface, signal.member, &on_match, nullptr,
                                             listener.get());
  if (done < 0) return bus_failure(std::string("cannot listen for ") + signal.member, done);
  listeners_.push_back(std::move(listener));
  wait();
  return {};
}

int SystemBus::on_match(sd_bus_message* message, void* listener, sd_bus_error* /*error*/) {
  static_cast<Listener*>(listener)->on_signal(message);
  return 0;
}

void SystemBus::close() {
  if (!descriptor_.is_open()) return;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  timeout_.cancel();
  sd_bus_close(bus_);
  for (auto* call : calls_) call->done.cancel();
}

void SystemBus::pump() {
  if (!descriptor_.is_open()) return;
  const auto keep_alive = shared_from_this();
  int processed = 1;
  while (processed > 0) processed = sd_bus_process(bus_, nullptr);
  if (processed < 0) return close();
  wait();
}

void SystemBus::wait() {
  if (!descriptor_.is_open()) return;
  const int events = sd_bus_get_events(bus_);
  std::uint64_t until_us = 0;
  if (events < 0 || sd_bus_get_timeout(bus_, &until_us) < 0) return close();
  if ((events & POLLIN) != 0) wait_for(descriptor_.wait_read, reading_);
  if ((events & POLLOUT) != 0) wait_for(descriptor_.wait_write, writing_);
  if (until_us == UINT64_MAX) return;
  // CLOCK_MONOTONIC in microseconds, which is std::chrono's steady clock here.
  timeout_.expires_at(asio::steady_timer::time_point(std::chrono::microseconds(until_us)));
  timeout_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    if (const auto self = weak.lock(); self && !error) self->pump();
  });
}

void SystemBus::wait_for(asio::posix::stream_descriptor::wait_type what, bool& waiting) {
  if (std::exchange(waiting, true)) return;
  descriptor_.async_wait(
      what, [weak = weak_from_this(), &waiting](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!self) return;
        waiting = false;
        if (!error) self->pump();
      });
}

}  // namespace ecokube::agent
