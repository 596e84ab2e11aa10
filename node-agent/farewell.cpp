#include "node-agent/farewell.h"

#include <utility>

namespace ecokube::agent {

namespace asio = boost::asio;

Farewell::Farewell(std::string boot_id, Resumes& resumes, LastEnd& last_end, Links& links,
                   Logind* logind)
    : boot_id_(std::move(boot_id)),
      resumes_(resumes),
      last_end_(last_end),
      links_(links),
      logind_(logind) {}

v1::Goodbye Farewell::say(v1::Origin origin) {
  v1::Goodbye goodbye;
  goodbye.set_origin(origin);
  goodbye.set_boot_id(boot_id_);
  goodbye.set_resumes(resumes_.count());
  return goodbye;
}

asio::awaitable<void> Farewell::before_stop() {
  auto origin = v1::ORIGIN_SERVICE_STOP;
  if (logind_ != nullptr) origin = co_await logind_->why_stopped();
  if (origin != v1::ORIGIN_SERVICE_STOP) last_end_.ends();
  auto goodbye = say(origin);
  co_await links_.leave(std::move(goodbye), kGoodbyeLimit);
}

asio::awaitable<void> Farewell::before_sleep() {
  auto goodbye = say(v1::ORIGIN_PERSON);
  co_await links_.leave(std::move(goodbye), kGoodbyeLimit);
  if (logind_ != nullptr) logind_->let_sleep();
}

}  // namespace ecokube::agent
