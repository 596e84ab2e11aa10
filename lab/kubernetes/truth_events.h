#pragma once

#include "common/json_lines.h"
#include "lab/kubernetes/store.h"

namespace ecokube::lab {

/// Writes what a commit means for a run's judge to the truth log.
void log_truth(JsonLines& log, const StoreEvent& event);

}  // namespace ecokube::lab
