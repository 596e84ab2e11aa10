// What doctor finds of management controllers (BMCs), by what the machines say of their own.
#include <fmt/format.h>

#include <map>
#include <optional>

#include "common/ipv4_subnet.h"
#include "coordinator/api/doctor.h"
#include "coordinator/core/identity.h"
#include "coordinator/core/power.h"

namespace ecokube {
namespace {

using core::Node;
using core::Policy;
using core::World;

/// Its own BMC, where it is on a LAN.
const core::BmcFacts* own_bmc_on_lan(const Node& node) {
  const auto& own = node.inventory.bmc;
  return own && own->present && !own->address.empty() ? &*own : nullptr;
}

/// "address" where both are numbers and differ: what a name leads to is not looked up.
bool elsewhere(const std::string& configured, const std::string& reported) {
  const auto one = parse_ipv4(configured);
  const auto other = parse_ipv4(reported);
  return one && other && *one != *other;
}

/// The BMC at the configured address gives another GUID than the machine's own one in-band, and
/// nothing else says that it is this machine's.
bool is_anothers(const Policy& policy, const Node& node) {
  const auto& own = node.inventory.bmc;
  return own && core::guids_differ(node.bmc.guid, own->guid) &&
         core::bmc_identity(node, policy) != core::BmcIdentity::right;
}

class BmcExam {
 public:
  explicit BmcExam(const World& world, const Policy& policy) : world_(world), policy_(policy) {
    for (const auto& [name, node] : world.nodes) {
      if (!node.inventory.bmc) continue;
      const auto key = core::smbios_key(node.inventory.bmc->guid);
      if (!key.empty()) by_guid_[key].push_back(name);
    }
  }

  void look_at(const Node& node) {
    const auto* given = core::override_of(policy_, node.name);
    const auto* own = own_bmc_on_lan(node);
    if (given == nullptr || !given->bmc) {
      if (own != nullptr && may_sleep(node)) unused_.push_back(node.name);
      return;
    }
    if (given->bmc_address.empty()) return;  // a program of the user's stands for it
    if (calls_itself_otherwise(node)) unlike_.push_back(node.name);
    if (is_anothers(policy_, node)) {
      swapped_.push_back(node.name);
    } else if (own != nullptr && elsewhere(given->bmc_address, own->address)) {
      moved_.push_back(node.name);
    }
  }

  void tell(std::vector<Finding>& out) const {
    if (!swapped_.empty()) tell_swapped(out);
    if (!moved_.empty()) tell_moved(out);
    if (!unlike_.empty()) tell_unlike(out);
    if (!unused_.empty()) tell_unused(out);
  }

 private:
  [[nodiscard]] bool may_sleep(const Node& node) const {
    if (!node.kube || always_on(policy_, node)) return false;
    const auto* pool = core::pool_of(policy_, node.name, node.kube->labels);
    return pool != nullptr && pool->mode != core::Mode::off;
  }

  /// Held as another machine's, and yet the machine's own: some firmware gives a GUID that is not
  /// the SMBIOS UUID. One that several BMCs give shows nothing.
  [[nodiscard]] bool calls_itself_otherwise(const Node& node) const {
    const auto& own = node.inventory.bmc;
    if (!own || node.bmc.contradicts || !core::same_machine(node.bmc.guid, own->guid)) return false;
    const auto same = by_guid_.find(core::smbios_key(own->guid));
    return same != by_guid_.end() && same->second.size() == 1 &&
           core::bmc_identity(node, policy_) == core::BmcIdentity::wrong;
  }

  void tell_swapped(std::vector<Finding>& out) const {
    const auto& node = world_.nodes.at(swapped_.front());
    const auto owner = by_guid_.find(core::smbios_key(node.bmc.guid));
    const bool known = owner != by_guid_.end();
    out.push_back({Level::problem, "BmcSwapped", first_few(swapped_),
                   fmt::format("what answers at bmc_address {} is not the BMC of {} but {}",
                               core::override_of(policy_, node.name)->bmc_address, node.name,
                               known ? "that of " + owner->second.front() : "another one"),
                   known ? fmt::format("exchange the bmc_address of {} and {} in coordinator.toml",
                                       node.name, owner->second.front())
                         : "correct bmc_address in coordinator.toml" + says_where(node)});
  }

  void tell_moved(std::vector<Finding>& out) const {
    const auto& node = world_.nodes.at(moved_.front());
    out.push_back(
        {Level::warning, "BmcAddressDiffers", first_few(moved_),
         fmt::format("{} says that its BMC is at {}, and is configured with {}", node.name,
                     node.inventory.bmc->address,
                     core::override_of(policy_, node.name)->bmc_address),
         "correct bmc_address in coordinator.toml, unless it is the same BMC behind NAT"});
  }

  void tell_unlike(std::vector<Finding>& out) const {
    const auto& node = world_.nodes.at(unlike_.front());
    out.push_back(
        {Level::warning, "BmcGuidNotGiven", first_few(unlike_),
         "its BMC is its own by what it says in-band, but gives another GUID than the "
         "machine's UUID, so it is held",
         fmt::format("to [[node]] name = \"{}\" add bmc_guid = \"{}\"", node.name, node.bmc.guid)});
  }

  /// Nothing is wrong with these, so that nobody is warned of them.
  void tell_unused(std::vector<Finding>& out) const {
    const auto& node = world_.nodes.at(unused_.front());
    out.push_back({Level::ok, "BmcNotConfigured", first_few(unused_),
                   fmt::format("{} a BMC on the LAN that could wake it and prove its power",
                               unused_.size() == 1 ? "it has" : "each has"),
                   fmt::format("to [[node]] name = \"{}\" add bmc_address = \"{}\", with bmc_user "
                               "and bmc_password_file: docs/power-control.md",
                               node.name, node.inventory.bmc->address)});
  }

  static std::string says_where(const Node& node) {
    const auto* own = own_bmc_on_lan(node);
    return own == nullptr ? "" : ": its own BMC says that it is at " + own->address;
  }

  const World& world_;
  const Policy& policy_;
  std::map<std::string, std::vector<std::string>> by_guid_;  ///< whose own BMC that is
  std::vector<std::string> swapped_, moved_, unlike_, unused_;
};

}  // namespace

void examine_bmcs(const World& world, const Policy& policy, std::vector<Finding>& out) {
  BmcExam exam(world, policy);
  for (const auto& [name, node] : world.nodes) exam.look_at(node);
  exam.tell(out);
}

}  // namespace ecokube
