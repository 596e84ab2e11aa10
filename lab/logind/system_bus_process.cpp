#include "lab/logind/system_bus_process.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <utility>

#include "common/whole_file.h"

namespace ecokube::lab {
namespace {

constexpr std::string_view kConfig = R"(<busconfig>
  <listen>unix:path={}</listen>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
)";

}  // namespace

Result<SystemBusProcess> SystemBusProcess::start(const boost::asio::any_io_executor& executor,
                                                 const std::filesystem::path& folder) {
  SystemBusProcess bus;
  bus.socket_ = std::filesystem::absolute(folder) / "bus";
  const auto config = folder / "bus.conf";
  auto written = write_whole_file(config, fmt::format(kConfig, bus.socket_.string()));
  if (!written) return std::unexpected(std::move(written.error()));
  ChildOptions options;
  options.argv = {"dbus-daemon", "--nofork", "--nopidfile", "--config-file=" + config.string()};
  options.output_file = folder / "bus.log";
  options.die_with_parent = true;
  auto started = start_child(executor, options);
  if (!started) return std::unexpected(std::move(started.error()));
  bus.process_ = *std::move(started);
  return bus;
}

bool SystemBusProcess::listens() const {
  boost::asio::io_context io;
  boost::asio::local::stream_protocol::socket client(io);
  boost::system::error_code failed;
  client.connect(boost::asio::local::stream_protocol::endpoint(socket_.string()), failed);
  return !failed;
}

}  // namespace ecokube::lab
