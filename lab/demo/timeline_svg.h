#pragma once

#include <string>
#include <string_view>

#include "lab/demo/run_series.h"

namespace ecokube::lab {

/// The run as one picture: power of the nodes, jobs, lag, pods and watts above one time axis.
/// Colours are classes; the page's style sheet has them for light and dark.
[[nodiscard]] std::string timeline_svg(const RunSeries& run);

/// What the page's script needs to say the values under the pointer, as JSON.
[[nodiscard]] std::string timeline_json(const RunSeries& run);

[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace ecokube::lab
