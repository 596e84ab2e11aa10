#pragma once

#include <map>
#include <string>
#include <vector>

#include "lab/demo/history.h"

namespace ecokube::lab {

/// A value that holds until the next point. Seconds from the begin of the run.
struct SeriesPoint {
  double at_s, value;
};
using Series = std::vector<SeriesPoint>;

/// A run as curves, for the picture.
struct RunSeries {
  struct Band {
    double from_s, to_s;
    std::string state;
  };
  struct Moment {
    double at_s;
    std::string label;
  };
  double end_s = 0;
  Series uploaded, done, lag, pods, watts, watts_always_on;
  std::map<std::string, std::vector<Band>> nodes;
  std::vector<Moment> moments;
};

[[nodiscard]] RunSeries series_of(const History& history);
[[nodiscard]] double value_at(const Series& series, double at_s);

}  // namespace ecokube::lab
