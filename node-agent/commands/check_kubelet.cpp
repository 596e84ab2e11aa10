#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "node-agent/commands/check_findings.h"
#include "node-agent/identity/date_text.h"
#include "node-agent/wake_options.h"

namespace ecokube::agent {

// A machine whose kubelet's certificate is not known sleeps all the same.
std::vector<Finding> check_kubelet(const Config& config) {
  if (config.kubelet_socket.empty()) {
    return {
        fine("nobody asks until when the kubelet's certificate is valid ([wake] kubelet_socket)")};
  }
  boost::asio::io_context io(1);
  KubeletCertificate kubelet(io.get_executor(), kubelet_options(config));
  auto looked = boost::asio::co_spawn(io, kubelet.look(), boost::asio::use_future);
  io.run();
  looked.get();
  if (!kubelet.known()) return {split_finding(Finding::Level::warning, kubelet.seen()->problem)};
  const auto certificate = kubelet.validity();
  if (!certificate) return {fine("no certificate of a kubelet is there")};
  if (const auto veto = kubelet.veto(); !veto.empty()) {
    return {problem(veto, "the kubelet renews it itself; if it does not: journalctl -u kubelet")};
  }
  return {fine("the kubelet's certificate is valid until " + date_text(certificate->not_after))};
}

}  // namespace ecokube::agent
