#include "lab/real/debian/booted_debian.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "common/asio_tuple.h"
#include "common/whole_file.h"
#include "lab/real/host/host_command.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
constexpr std::chrono::seconds kBootLimit{60};
constexpr std::chrono::seconds kCommandLimit{30};
constexpr std::string_view kUpFile = "run/booted";

// Written once all that boots by itself has booted.
constexpr std::string_view kUpUnit = R"([Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/touch /run/booted
[Install]
WantedBy=multi-user.target
)";

// Each machine in a cgroup of its own, of systemd's hierarchy and of v2, whichever there is; $0 is
// its name.
constexpr std::string_view kInOwnCgroup =
    R"(for top in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
  [ -e $top/cgroup.procs ] || continue
  mkdir -p $top/$0 && echo $$ > $top/$0/cgroup.procs
done
exec "$@")";

std::string read_all(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();  // of a process that ends meanwhile nothing can be read: that sets a bit here
  return std::move(text).str();
}

// proc(5): the pids of a process in all its namespaces, NSpid, end with 1 for the first of one.
std::optional<pid_t> first_below(pid_t parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto status = read_all(entry.path() / "status");
    const bool child = status.find(fmt::format("\nPPid:\t{}\n", parent)) != std::string::npos;
    if (child && status.find("\t1\nNSpgid") != std::string::npos) {
      return static_cast<pid_t>(std::stol(name));
    }
  }
  return std::nullopt;
}

// True once it is not there, with all below.
bool remove_cgroup(const fs::path& own) {
  std::vector<fs::path> folders{own};
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(own, ignored)) {
    if (entry.is_directory(ignored)) folders.push_back(entry.path());
  }
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    ::rmdir(folder->c_str());
  }
  return !fs::exists(own, ignored);
}

asio::awaitable<void> pause(const asio::any_io_executor& executor) {
  asio::steady_timer timer(executor, std::chrono::milliseconds(20));
  co_await timer.async_wait(kTuple);
}

asio::awaitable<Result<void>> run_to_end(asio::any_io_executor executor, ChildOptions options) {
  auto child = start_child(executor, options);
  if (!child) co_return std::unexpected(child.error());
  const auto status = co_await (*child)->wait(kCommandLimit);
  if (status && *status == 0) co_return Result<void>{};
  const auto& argv = options.argv;
  co_return fail(Errc::refused,
                 fmt::format("{}: {}: {}", fmt::join(argv, " "),
                             status ? "exit code " + std::to_string(*status) : "did not end",
                             options.output_file.empty() ? "" : read_all(options.output_file)));
}

}  // namespace

BootedDebian::BootedDebian(const asio::any_io_executor& executor, fs::path disk, std::string name)
    : executor_(executor), disk_(std::move(disk)), name_(std::move(name)) {}

Result<void> BootedDebian::install(const fs::path& root_tar, const fs::path& disk) {
  std::error_code error;
  fs::create_directories(disk, error);
  if (error) return fail(Errc::io, "cannot create " + disk.string() + ": " + error.message());
  const auto unpack = fmt::format("tar xf '{}' -C '{}'", root_tar.string(), disk.string());
  if (auto unpacked = run_on_host(unpack); !unpacked) return unpacked;
  const auto units = disk / "etc/systemd/system";
  if (auto id = write_whole_file(disk / "etc/machine-id", ""); !id) return id;
  if (auto unit = write_whole_file(units / "booted.service", kUpUnit); !unit) return unit;
  fs::create_directories(units / "multi-user.target.wants", error);
  fs::create_symlink("../booted.service", units / "multi-user.target.wants/booted.service", error);
  if (error) return fail(Errc::io, "cannot enable booted.service: " + error.message());
  return {};
}

BootedDebian::~BootedDebian() { cut_power(); }

asio::awaitable<Result<void>> BootedDebian::boot() {
  ChildOptions options;
  // In a pid namespace of its own, since the container outlives a nspawn that is killed.
  options.argv = {"unshare",
                  "--pid",
                  "--fork",
                  "--kill-child",
                  "--mount-proc",
                  "sh",
                  "-c",
                  std::string(kInOwnCgroup),
                  name_,
                  "systemd-nspawn",
                  "--boot",
                  "--quiet",
                  "--register=no",
                  "--keep-unit",
                  "--console=read-only",
                  "--machine=" + name_,
                  "--directory=" + disk_.string()};
  options.output_file = disk_.string() + ".console";
  options.die_with_parent = true;
  auto started = start_child(executor_, options);
  if (!started) co_return std::unexpected(started.error());
  machine_ = std::move(*started);
  init_.reset();
  std::optional<pid_t> nspawn;
  const auto until = std::chrono::steady_clock::now() + kBootLimit;
  while (std::chrono::steady_clock::now() < until && machine_->running()) {
    if (!nspawn) nspawn = first_below(machine_->pid());
    if (nspawn && !init_) init_ = first_below(*nspawn);
    const auto up = fmt::format("/proc/{}/root/{}", init_.value_or(0), kUpFile);
    if (init_ && ::access(up.c_str(), F_OK) == 0) co_return Result<void>{};
    co_await pause(executor_);
  }
  co_return fail(Errc::timeout, name_ + " did not boot: " + read_all(options.output_file));
}

asio::awaitable<bool> BootedDebian::ends_within(std::chrono::milliseconds limit) {
  const auto status = co_await machine_->wait(limit);
  if (status) leave_cgroups();
  co_return status.has_value();
}

void BootedDebian::cut_power() {
  machine_.reset();
  leave_cgroups();
}

// The last processes of a machine that was killed may take a moment to go.
void BootedDebian::leave_cgroups() const {
  constexpr int kTries = 200;
  for (const auto* top : {"/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"}) {
    const auto own = fs::path(top) / name_;
    for (int tries = 0; tries < kTries && !remove_cgroup(own); ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

std::vector<std::string> BootedDebian::entered(std::vector<std::string> argv) const {
  std::vector<std::string> all{"nsenter",
                               "--target",
                               std::to_string(init_.value_or(0)),
                               "--mount",
                               "--uts",
                               "--ipc",
                               "--pid",
                               "--",
                               "env",
                               "--ignore-environment",
                               "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  all.insert(all.end(), argv.begin(), argv.end());
  return all;
}

asio::awaitable<Result<std::string>> BootedDebian::run(std::vector<std::string> argv) {
  ChildOptions options;
  options.argv = entered(std::move(argv));
  options.output_file = disk_.string() + ".output";
  std::error_code ignored;
  fs::remove(options.output_file, ignored);
  const auto ended = co_await run_to_end(executor_, options);
  if (!ended) co_return std::unexpected(ended.error());
  co_return read_all(options.output_file);
}

Result<std::unique_ptr<ChildProcess>> BootedDebian::start(std::vector<std::string> argv,
                                                          fs::path output) {
  ChildOptions options;
  options.argv = entered(std::move(argv));
  options.output_file = std::move(output);
  options.die_with_parent = true;
  return start_child(executor_, options);
}

std::string BootedDebian::bus_address() const {
  return fmt::format("unix:path=/proc/{}/root/run/dbus/system_bus_socket", init_.value_or(0));
}

}  // namespace ecokube::lab
