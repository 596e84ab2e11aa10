#include "lab/bmc/machine_chassis.h"

#include <fmt/format.h>

#include <fstream>

namespace ecokube::lab {

Result<std::string> write_machine_chassis(const std::filesystem::path& folder,
                                          const std::filesystem::path& lab_power,
                                          const std::filesystem::path& machine) {
  const auto file = folder / "chassis";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::ofstream(file) << fmt::format(R"sh(#!/bin/sh
press() {{ '{}' "$1" --machine '{}'; }}
case "$1 $2 $3" in
  "get power "*)
    if [ "$(press status)" = off ]; then echo power:0; else echo power:1; fi
    exit;;
esac
echo "$1 $2 $3" >>'{}'/orders
while [ -e '{}'/hang ]; do sleep 0.02; done
case "$1 $2 $3" in
  "set power 1") press on >/dev/null;;
  "set power 0") press crash >/dev/null;;
  "set shutdown 1") press off >/dev/null;;
  *) exit 1;;
esac
echo "$1 $2 $3" >>'{}'/done
)sh",
                                     lab_power.string(), machine.string(), folder.string(),
                                     folder.string(), folder.string());
  std::filesystem::permissions(file, std::filesystem::perms(0700), error);
  if (error) return fail(Errc::io, "writing " + file.string() + ": " + error.message());
  return file.string();
}

}  // namespace ecokube::lab
