#include "common/log.h"

#include <spdlog/sinks/stdout_sinks.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <memory>
#include <string>

namespace ecokube::log {

Result<void> start(std::string_view program, std::string_view level) {
  const std::string wanted(level);
  if (wanted != "debug" && wanted != "info" && wanted != "warning" && wanted != "error") {
    return fail(Errc::config, "log level '" + wanted + "': use debug, info, warning or error");
  }
  auto logger = std::make_shared<spdlog::logger>(std::string(program),
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern(std::getenv("JOURNAL_STREAM") != nullptr ? "[%l] %v"
                                                               : "%Y-%m-%dT%H:%M:%S.%e %n [%l] %v");
  logger->set_level(spdlog::level::from_str(wanted));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
  return {};
}

void thrown(std::string_view what, const std::exception_ptr& error) {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& unforeseen) {
    log::error("{} reason=\"{}\"", what, unforeseen.what());
  }
}

void thrown_unless_cancelled(std::string_view what, const std::exception_ptr& error) {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& failed) {
    if (failed.code() != boost::asio::error::operation_aborted) thrown(what, error);
  } catch (...) {
    thrown(what, error);
  }
}

}  // namespace ecokube::log
