#pragma once

#include <filesystem>
#include <string>

namespace ecokube::lab {

/// The pods' part of a machine's cgroup tree, as kubelet's driver cgroupfs names it, kept as plain
/// files: the machine's agent looks there for pods that live. An empty root keeps none.
class PodCgroups {
 public:
  PodCgroups() = default;
  /// Forgets the pods of before: no process of theirs outlives a kubelet here.
  explicit PodCgroups(const std::filesystem::path& cgroup_root);

  void started(const std::string& uid, int pid) const;
  void ended(const std::string& uid) const;

 private:
  std::filesystem::path pods_;
};

}  // namespace ecokube::lab
