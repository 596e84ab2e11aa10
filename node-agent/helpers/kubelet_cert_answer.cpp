#include "node-agent/helpers/kubelet_cert_answer.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "common/answer_line.h"
#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

constexpr std::string_view kKubelet = "kubelet";
constexpr std::string_view kKubeletThere = "there";
constexpr std::string_view kNoKubelet = "none";
constexpr std::string_view kNotBefore = "not_before";
constexpr std::string_view kNotAfter = "not_after";

std::string seconds_text(TimePoint at) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count());
}

std::optional<std::int64_t> take_seconds(std::string_view& line, std::string_view key) {
  const auto value = take_value(line, key);
  const auto seconds = value ? parse_number(*value) : std::nullopt;
  if (!seconds || !std::in_range<std::int64_t>(*seconds)) return std::nullopt;
  return static_cast<std::int64_t>(*seconds);
}

}  // namespace

std::string to_line(const KubeletCertAnswer& answer) {
  if (!answer.problem.empty()) return answer_line("", answer.problem);
  auto facts = std::string(kKubelet) + "=";
  if (!answer.validity) return answer_line(facts + std::string(kNoKubelet), "");
  facts += std::string(kKubeletThere);
  facts += " " + std::string(kNotBefore) + "=" + seconds_text(answer.validity->not_before);
  facts += " " + std::string(kNotAfter) + "=" + seconds_text(answer.validity->not_after);
  return answer_line(facts, "");
}

Result<KubeletCertAnswer> parse_kubelet_cert_answer(std::string_view line) {
  const auto none = fail(Errc::protocol, "the answer is none of ecokube-kubelet-cert's");
  KubeletCertAnswer answer;
  const auto kubelet = take_value(line, kKubelet);
  if (!kubelet) {
    auto problem = problem_of_line(line);
    if (!problem || problem->empty()) return none;
    answer.problem = std::move(*problem);
    return answer;
  }
  if (*kubelet == kKubeletThere) {
    const auto before = take_seconds(line, kNotBefore);
    const auto after = take_seconds(line, kNotAfter);
    if (before && after) answer.validity = validity_between(*before, *after);
    if (!answer.validity) return none;
  } else if (*kubelet != kNoKubelet) {
    return none;
  }
  return line.empty() ? Result<KubeletCertAnswer>(std::move(answer)) : none;
}

}  // namespace ecokube::agent
