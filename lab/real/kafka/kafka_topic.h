#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <string>

#include "common/error.h"

namespace ecokube::lab {

/// Returns once every partition of the topic can be written and read. A topic of an earlier run
/// that has as many partitions is as good; Errc::conflict when it has not. Errc::timeout when the
/// broker is not ready within `limit`, which may be passed by half.
[[nodiscard]] Result<void> create_kafka_topic(rd_kafka_t* client, const std::string& name,
                                              int partitions, std::chrono::milliseconds limit);

}  // namespace ecokube::lab
