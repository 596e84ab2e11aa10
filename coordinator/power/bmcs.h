#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <map>
#include <memory>

#include "common/names.h"
#include "coordinator/ports.h"
#include "coordinator/power/bmc_access.h"
#include "coordinator/power/bmc_lane.h"

namespace ecokube {

struct BmcOptions {
  std::map<NodeName, BmcAccess> bmcs;
  BmcManners manners;
  std::chrono::milliseconds poll{60'000};       ///< between two reads of one BMC
  std::chrono::milliseconds poll_close{5'000};  ///< ... of those that are looked at closely
  /// Between two readings of what a machine that is on draws; 0: none.
  std::chrono::milliseconds power_interval{60'000};
};

/// What asks one of them.
[[nodiscard]] std::unique_ptr<ManagementController> make_controller(
    boost::asio::any_io_executor executor, const BmcAccess& access);

/// All of them. Reads each one's power again and again, and its GUID before that power first, after
/// each failure, and every ten minutes. What measures no power is asked again each hour.
[[nodiscard]] std::unique_ptr<BmcControl> make_bmcs(boost::asio::any_io_executor executor,
                                                    BmcOptions options);

}  // namespace ecokube
