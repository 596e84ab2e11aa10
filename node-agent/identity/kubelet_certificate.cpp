#include "node-agent/identity/kubelet_certificate.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "common/asio_tuple.h"
#include "common/boot_clock.h"
#include "common/helper_call.h"
#include "common/log.h"
#include "common/span_text.h"
#include "node-agent/identity/date_text.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;

void log_certificate(const KubeletCertAnswer& kubelet) {
  if (!kubelet.problem.empty()) {
    log::warn("the kubelet's certificate is not known why=\"{}\"", kubelet.problem);
  } else if (kubelet.validity) {
    log::info("the kubelet's certificate is valid until=\"{}\"",
              date_text(kubelet.validity->not_after));
  } else {
    log::info("there is no kubelet's certificate to be kept valid");
  }
}

}  // namespace

KubeletCertificate::KubeletCertificate(asio::any_io_executor executor,
                                       KubeletCertificateOptions options)
    : executor_(std::move(executor)), options_(std::move(options)), retry_(options_.soon) {}

// The machine may have slept through the pause, and a veto may begin in it: both are looked for.
asio::awaitable<void> KubeletCertificate::run() {
  if (options_.socket.empty()) co_return;
  asio::steady_timer timer(executor_);
  for (;;) {
    const auto before = seen_;
    co_await look();
    if (seen_ != before) log_certificate(*seen_);
    const auto asked_at = boottime_now();
    do {
      timer.expires_after(options_.soon);
      co_await timer.async_wait(kTuple);
    } while (boottime_now() < asked_at + pause());
  }
}

std::chrono::milliseconds KubeletCertificate::pause() const {
  if (!known()) return retry_;
  return veto().empty() ? options_.interval : options_.soon;
}

asio::awaitable<void> KubeletCertificate::look() {
  std::string question = "until";
  auto line = co_await ask_helper(executor_, options_.socket, std::move(question), options_.limit);
  auto parsed = line ? parse_kubelet_cert_answer(*line)
                     : Result<KubeletCertAnswer>(std::unexpected(std::move(line.error())));
  KubeletCertAnswer answer;
  if (parsed) {
    answer = std::move(*parsed);
  } else {
    answer.problem = why_unanswered("ecokube-kubelet-cert", options_.socket, parsed.error(),
                                    "systemctl enable --now ecokube-kubelet-cert.socket");
  }
  const bool again = seen_ && !seen_->problem.empty();
  retry_ = again ? std::min(2 * retry_, options_.interval) : options_.soon;
  seen_ = std::move(answer);
}

std::optional<Validity> KubeletCertificate::validity() const {
  return known() ? seen_->validity : std::nullopt;
}

std::string KubeletCertificate::veto() const {
  const auto certificate = validity();
  const auto now = options_.now();
  if (!certificate || now < awake_by(*certificate)) return {};
  return "the kubelet's certificate " + end_text(certificate->not_after, now) +
         "; it would not be renewed while this machine sleeps";
}

void write_kubelet_certificate(const KubeletCertAnswer& answer, v1::KubeletCertificate& out) {
  out.set_present(answer.validity.has_value());
  if (!answer.validity) return;
  const auto seconds = [](TimePoint at) { return to_ms(at) / 1000; };
  out.set_not_before_s(seconds(answer.validity->not_before));
  out.set_not_after_s(seconds(answer.validity->not_after));
}

}  // namespace ecokube::agent
