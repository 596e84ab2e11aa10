#include "lab/demo/timeline_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <initializer_list>
#include <utility>

namespace ecokube::lab {

namespace {

constexpr double kWidth = 1080;
constexpr double kLeft = 76;
constexpr double kRight = 16;
constexpr double kTop = 26;
constexpr double kBandHeight = 20;
constexpr double kBandStep = 27;
constexpr double kPanelHeight = 96;
constexpr double kPanelGap = 48;
constexpr double kAxisHeight = 30;

/// A round number of steps that are 1, 2 or 5 times a power of ten.
double round_step(double range, double steps_max) {
  const double rough = std::max(range, 1e-9) / steps_max;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

struct Curve {
  const Series& series;
  std::string_view style;
  std::string_view name;
  bool filled = false;
};

class Drawing {
 public:
  explicit Drawing(const RunSeries& run) : run_(run), end_s_(std::max(run.end_s, 1.0)) {}

  std::string draw() {
    bands();
    panel("Jobs", {{run_.uploaded, "c-uploaded", "uploaded"}, {run_.done, "c-done", "done"}});
    panel("Lag, records", {{run_.lag, "c-lag", "", true}});
    panel("Pods", {{run_.pods, "c-pods", "", true}});
    panel("Watts, all nodes", {{run_.watts, "c-watts", "drawn", true},
                               {run_.watts_always_on, "c-always", "always on, same work"}});
    axis();
    moments();
    return fmt::format(
        R"(<svg viewBox="0 0 {0:.0f} {1:.0f}" role="img" aria-label="Timeline of the run" )"
        R"(data-left="{2:.0f}" data-right="{3:.0f}" data-end="{4:.3f}">{5}{6}</svg>)",
        kWidth, y_, kLeft, kWidth - kRight, end_s_, under_, out_);
  }

 private:
  [[nodiscard]] double x(double at_s) const {
    return kLeft + (kWidth - kLeft - kRight) * std::clamp(at_s / end_s_, 0.0, 1.0);
  }

  void bands() {
    for (const auto& [name, bands] : run_.nodes) {
      text(kLeft - 10, y_ + kBandHeight - 5, "label end", name);
      for (const auto& band : bands) {
        out_ += fmt::format(R"(<rect class="s-{}" x="{:.1f}" y="{:.1f}" width="{:.2f}" )"
                            R"(height="{:.0f}" rx="3"><title>{} {} {:.1f} s to {:.1f} s</title>)"
                            "</rect>",
                            escape_html(band.state), x(band.from_s), y_,
                            std::max(x(band.to_s) - x(band.from_s), 0.5), kBandHeight,
                            escape_html(name), escape_html(band.state), band.from_s, band.to_s);
      }
      y_ += kBandStep;
    }
    y_ += 6;
  }

  void panel(std::string_view title, std::initializer_list<Curve> curves) {
    constexpr double kStepsMax = 4;
    y_ += kPanelGap - 10;
    double highest = 0;
    for (const Curve& curve : curves) {
      for (const SeriesPoint& point : curve.series) highest = std::max(highest, point.value);
    }
    const double step = std::max(round_step(std::max(highest, 1.0), kStepsMax), 1.0);
    const double full = std::max(std::ceil(highest / step - 1e-9), 1.0) * step;
    text(kLeft, y_ - 8, "title", title);
    legend(curves);
    const auto y = [&](double value) { return y_ + kPanelHeight * (1 - value / full); };
    for (double value = 0; value <= full + step / 2; value += step) {
      under_ +=
          fmt::format(R"(<line class="grid" x1="{:.0f}" x2="{:.0f}" y1="{:.1f}" y2="{:.1f}"/>)",
                      kLeft, kWidth - kRight, y(value), y(value));
      text(kLeft - 10, y(value) + 4, "label end", fmt::format("{:.0f}", value));
    }
    for (const Curve& curve : curves) {
      if (curve.series.empty()) continue;
      const std::string line = steps(curve.series, y);
      if (curve.filled) {
        out_ += fmt::format(R"(<path class="{} fill" d="{} V{:.1f} H{:.1f} Z"/>)", curve.style,
                            line, y(0), x(curve.series.front().at_s));
      }
      out_ += fmt::format(R"(<path class="{} line" d="{}"/>)", curve.style, line);
    }
    y_ += kPanelHeight;
  }

  template <class Y>
  std::string steps(const Series& series, const Y& y) const {
    std::string path =
        fmt::format("M{:.1f} {:.1f}", x(series.front().at_s), y(series.front().value));
    for (const SeriesPoint& point : series) {
      path += fmt::format(" H{:.1f} V{:.1f}", x(point.at_s), y(point.value));
    }
    return path + fmt::format(" H{:.1f}", x(end_s_));
  }

  void legend(std::initializer_list<Curve> curves) {
    constexpr double kLetter = 7.0;
    double at = kWidth - kRight;
    for (auto curve = std::rbegin(curves); curve != std::rend(curves); ++curve) {
      if (curve->name.empty()) continue;
      at -= kLetter * static_cast<double>(curve->name.size());
      text(at, y_ - 8, "label", curve->name);
      at -= 22;
      out_ += fmt::format(R"(<path class="{} line" d="M{:.1f} {:.1f} h16"/>)", curve->style, at,
                          y_ - 12);
      at -= 16;
    }
  }

  void axis() {
    constexpr double kTicks = 12;
    double step = kSteps[0];
    for (const double wide : kSteps) {
      step = wide;
      if (end_s_ / wide <= kTicks) break;
    }
    for (double at = 0; at <= end_s_; at += step) {
      under_ += fmt::format(R"(<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" )"
                            R"(y2="{2:.1f}"/>)",
                            x(at), kTop, y_);
      const int seconds = static_cast<int>(at);
      text(x(at), y_ + 18, "label middle", fmt::format("{}:{:02}", seconds / 60, seconds % 60));
    }
    y_ += kAxisHeight;
  }

  void moments() {
    for (const auto& moment : run_.moments) {
      out_ += fmt::format(R"(<line class="moment" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" )"
                          R"(y2="{2:.1f}"/>)",
                          x(moment.at_s), kTop - 6, y_ - kAxisHeight);
      text(x(moment.at_s), kTop - 12, "label middle", moment.label);
    }
  }

  void text(double at_x, double at_y, std::string_view style, std::string_view words) {
    out_ += fmt::format(R"(<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>)", style, at_x, at_y,
                        escape_html(words));
  }

  static constexpr double kSteps[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600};

  const RunSeries& run_;
  double end_s_;
  double y_ = kTop;
  std::string under_, out_;
};

boost::json::array points_json(const Series& series) {
  constexpr double kThousand = 1000;
  boost::json::array out;
  for (const SeriesPoint& point : series) {
    out.push_back(boost::json::array{std::round(point.at_s * kThousand) / kThousand,
                                     std::round(point.value * kThousand) / kThousand});
  }
  return out;
}

}  // namespace

std::string timeline_svg(const RunSeries& run) { return Drawing(run).draw(); }

std::string timeline_json(const RunSeries& run) {
  boost::json::object nodes;
  for (const auto& [name, bands] : run.nodes) {
    boost::json::array changes;
    for (const auto& band : bands) changes.push_back(boost::json::array{band.from_s, band.state});
    nodes[name] = std::move(changes);
  }
  const boost::json::object data{
      {"uploaded", points_json(run.uploaded)}, {"done", points_json(run.done)},
      {"lag", points_json(run.lag)},           {"pods", points_json(run.pods)},
      {"watts", points_json(run.watts)},       {"nodes", std::move(nodes)}};
  std::string text = boost::json::serialize(data);
  // "</script>" in a name would end the script.
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) {
    text.replace(at, 1, "\\u003c");
  }
  return text;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace ecokube::lab
