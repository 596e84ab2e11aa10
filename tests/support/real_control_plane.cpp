#include "tests/support/real_control_plane.h"

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>

#include "tests/support/run.h"

namespace ecokube::test {

namespace fs = std::filesystem;

RealControlPlane::RealControlPlane(const std::string& address, std::uint16_t port,
                                   const RealControlPlane* with_logins_of,
                                   const std::vector<std::string>& more) {
  if (with_logins_of != nullptr) {
    fs::copy(with_logins_of->files_.folder / "pki", files_.folder / "pki");
    fs::copy(with_logins_of->files_.tokens(), files_.tokens());
  }
  ChildOptions child;
  child.argv = {
      ECOKUBE_LAB_CONTROL_PLANE, "--dir", files_.folder.string(), "--address", address, "--port",
      std::to_string(port)};
  child.argv.insert(child.argv.end(), more.begin(), more.end());
  child.output_file = files_.folder / "control-plane.log";
  child.die_with_parent = true;
  auto started = start_child(io_.get_executor(), child);
  if (!started) throw std::runtime_error(started.error().message);
  process_ = *std::move(started);
  const bool up =
      run_until(io_, [&] { return fs::exists(files_.ready()) || !process_->running(); });
  if (!up || !process_->running()) throw std::runtime_error(read_text(child.output_file));
}

void RealControlPlane::kill_api_server() {
  const auto pid_file = files_.pid("kube-apiserver");
  const auto before = read_text(pid_file);
  ::kill(std::stoi(before), SIGKILL);
  const bool back =
      run_until(io_, [&] { return read_text(pid_file) != before && fs::exists(files_.ready()); });
  if (!back) throw std::runtime_error("kube-apiserver was not started again");
}

void RealControlPlane::back_up(const fs::path& to) {
  const auto etcd = std::stoi(read_text(files_.pid("etcd")));
  ::kill(etcd, SIGSTOP);
  fs::copy(files_.folder / "etcd", to, fs::copy_options::recursive);
  ::kill(etcd, SIGCONT);
}

/// While the data is swapped nobody may start the parts again.
void RealControlPlane::restore(const fs::path& from) {
  process_->signal_group(SIGSTOP);
  std::map<std::string, std::string> pids;
  for (const auto* part : {"kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"}) {
    pids[part] = read_text(files_.pid(part));
    ::kill(std::stoi(pids[part]), SIGKILL);
  }
  const auto is_dead = [](const std::string& pid) {
    const auto stat = read_text("/proc/" + std::to_string(std::stoi(pid)) + "/stat");
    return stat.empty() || stat.find(") Z ") != std::string::npos;
  };
  const auto all = [&](const auto& so) { return std::all_of(pids.begin(), pids.end(), so); };
  const bool dead =
      run_until(io_, [&] { return all([&](const auto& part) { return is_dead(part.second); }); });
  if (!dead) throw std::runtime_error("a part of the control plane does not die");
  fs::remove_all(files_.folder / "etcd");
  fs::copy(from, files_.folder / "etcd", fs::copy_options::recursive);
  process_->signal_group(SIGCONT);
  const bool back = run_until(io_, [&] {
    return fs::exists(files_.ready()) &&
           all([&](const auto& part) { return read_text(files_.pid(part.first)) != part.second; });
  });
  if (!back) throw std::runtime_error(read_text(files_.folder / "control-plane.log"));
}

std::string RealControlPlane::kubectl(const std::string& arguments) {
  const char* binary = std::getenv("ECOKUBE_REAL_KUBERNETES");
  const auto output = files_.folder / "kubectl.out";
  fs::remove(output);
  ChildOptions child;
  child.argv = {"sh", "-c",
                std::string(binary) + " kubectl --kubeconfig " +
                    files_.kubeconfig("admin").string() + " " + arguments};
  child.output_file = output;
  auto started = start_child(io_.get_executor(), child);
  if (!started) throw std::runtime_error(started.error().message);
  const auto status = run(io_, (*started)->wait(kRunLimit));
  auto text = read_text(output);
  if (status != 0) throw std::runtime_error("kubectl " + arguments + ": " + text);
  return text;
}

}  // namespace ecokube::test
