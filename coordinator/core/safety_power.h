#pragma once

#include "coordinator/core/safety_work.h"

// Rules about power itself: that a machine can be woken again, and that an off was seen.
namespace ecokube::core {

/// A packet would wake it, or its BMC answers and is one of its methods.
void s3_wakeable(const Policy& policy, const Node& node, TimePoint now, Violations& out);

/// Its BMC is no other machine's, as far as both are known.
void s19_right_bmc(const Policy& policy, const Node& node, Violations& out);

/// Off is written down only as it was seen: by its BMC, or where it has none, by its agent's
/// goodbye for our step and the silence after it.
void power_seen_off(const Policy& policy, const Node& node, TimePoint now, Violations& out);

/// What a machine that runs has can't be taken from it: it is proven off by the BMC that is proven
/// to be its own, and Kubernetes has lost it, and something is left behind there (S12, S19).
void s12_out_of_service(const World& world, const Policy& policy, const Node& node,
                        const TakeOutOfService& step, TimePoint now, Violations& out);

/// Its BMC switches off only a machine that is empty, said goodbye for our step, is silent for as
/// long as it may take to go down, and is on by its own BMC; where its pool allows it, and softly
/// first.
void s21_power_off(const World& world, const Policy& policy, const Node& node, const PowerOff& off,
                   TimePoint now, Violations& out);

/// A node that came up takes new pods only once its own services are back, or were waited for.
void s26_services(const World& world, const Policy& policy, const Node& node, TimePoint now,
                  Violations& out);

/// Its kubelet's certificate does not have to be renewed while it would sleep.
void s26_certificate(const Node& node, TimePoint now, Violations& out);

/// Only what we put there (S11).
void s11_in_service(const Node& node, Violations& out);

}  // namespace ecokube::core
