#include "lab/kubelet/kubelet_options.h"

#include <fmt/format.h>

#include <fstream>

#include "common/names.h"
#include "coordinator/kubernetes/quantity.h"

namespace ecokube::lab {

Result<std::pair<std::string, std::string>> parse_label(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return fail(Errc::config, fmt::format("--label {}: expected key=value", text));
  }
  return std::pair{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

Result<core::Taint> parse_taint(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto effect = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const auto key_value = text.substr(0, colon);
  const auto equals = key_value.find('=');
  const auto key = key_value.substr(0, equals);
  const bool known =
      effect == "NoSchedule" || effect == "PreferNoSchedule" || effect == "NoExecute";
  if (key.empty() || !known) {
    return fail(Errc::config,
                fmt::format("--taint {}: expected key=value:Effect with the effect NoSchedule, "
                            "PreferNoSchedule or NoExecute",
                            text));
  }
  const auto value = equals == std::string_view::npos ? "" : key_value.substr(equals + 1);
  return core::Taint{std::string(key), std::string(value), std::string(effect)};
}

Result<void> check(const KubeletOptions& options) {
  if (!is_node_name(options.node_name)) {
    return fail(Errc::config, fmt::format("--node-name {}: no node can have this name: lower "
                                          "case letters, digits, '-' and '.' only",
                                          options.node_name));
  }
  if (kubernetes::parse_millicores(options.cpu).value_or(0) <= 0) {
    return fail(Errc::config,
                fmt::format("--cpu {}: expected a quantity like 1300m or 2", options.cpu));
  }
  if (kubernetes::parse_whole(options.memory).value_or(0) <= 0) {
    return fail(Errc::config,
                fmt::format("--memory {}: expected a quantity like 2Gi", options.memory));
  }
  return {};
}

Result<std::string> read_boot_id(const std::filesystem::path& procfs_root) {
  const auto file = procfs_root / "sys/kernel/random/boot_id";
  std::string boot_id;
  std::ifstream in(file);
  if (!(in >> boot_id)) {
    return fail(Errc::config, fmt::format("--procfs-root {}: can't read the boot id from {}",
                                          procfs_root.string(), file.string()));
  }
  return boot_id;
}

}  // namespace ecokube::lab
