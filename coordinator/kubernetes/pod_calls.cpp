#include "coordinator/kubernetes/pod_calls.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <utility>

#include "coordinator/kubernetes/lease.h"

namespace ecokube::kubernetes {

namespace asio = boost::asio;
using boost::json::object;

namespace {

std::string pod_path(const core::PodRef& pod) {
  return fmt::format("/api/v1/namespaces/{}/pods/{}", percent_encode(pod.ns),
                     percent_encode(pod.name));
}

object binding_of(const core::BindPod& bind) {
  object binding{{"apiVersion", "v1"}, {"kind", "Binding"}};
  binding["metadata"] =
      object{{"namespace", bind.pod.ns}, {"name", bind.pod.name}, {"uid", bind.pod.uid}};
  binding["target"] = object{{"apiVersion", "v1"}, {"kind", "Node"}, {"name", bind.node}};
  return binding;
}

/// The server has looked at the request and will not do it, or it was not sent.
bool is_final(const Error& error) {
  return error.code == Errc::conflict || error.code == Errc::not_found ||
         error.code == Errc::forbidden || error.code == Errc::invalid ||
         error.code == Errc::refused || error.code == Errc::busy;
}

}  // namespace

asio::awaitable<Result<void>> bind_pod(Client client, core::BindPod bind) {
  boost::json::value body(binding_of(bind));
  auto path = pod_path(bind.pod) + "/binding";
  const auto answer = co_await client->create(std::move(path), std::move(body));
  if (answer) co_return Result<void>{};
  auto error = answer.error();
  if (is_final(error)) error.code = Errc::refused;
  co_return fail_while(fmt::format("binding {}/{} to {}", bind.pod.ns, bind.pod.name, bind.node),
                       std::move(error));
}

asio::awaitable<Result<void>> report_pod(Client client, core::ReportUnschedulable report,
                                         TimePoint now) {
  object condition{{"type", "PodScheduled"},
                   {"status", "False"},
                   {"reason", "Unschedulable"},
                   {"message", report.message}};
  if (report.newly) condition["lastTransitionTime"] = second_time(now);
  object patch;
  patch["metadata"] = object{{"uid", report.pod.uid}};
  patch["status"] = object{{"conditions", boost::json::array{std::move(condition)}}};
  boost::json::value body(std::move(patch));
  auto path = pod_path(report.pod) + "/status";
  const auto written = co_await client->strategic_patch(std::move(path), std::move(body));
  if (written) co_return Result<void>{};
  co_return fail_while(
      fmt::format("writing the condition of {}/{}", report.pod.ns, report.pod.name),
      written.error());
}

}  // namespace ecokube::kubernetes
