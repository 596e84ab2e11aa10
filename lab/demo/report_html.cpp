#include <fmt/format.h>

#include <string_view>

#include "lab/demo/report.h"
#include "lab/demo/timeline_svg.h"

namespace ecokube::lab {

namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark;
  --page: #f5f6f4; --card: #fff; --ink: #17201b; --soft: #5d6a63; --rule: #dfe4e0;
  --good: #0b7a4b; --bad: #b3261e; --on: #1f9d63; --boot: #e0a021; --dying: #c96a3a; --off: #d5dbd7;
  --uploaded: #2f6fde; --done: #0b8f57; --lag: #8a5cd6; --pods: #2f6fde; --watts: #cf7a12; }
@media (prefers-color-scheme: dark) { :root {
  --page: #101412; --card: #181e1b; --ink: #e6ece8; --soft: #97a59d; --rule: #2a332e;
  --good: #4cc38a; --bad: #ff8a80; --on: #35b277; --boot: #e3b24a; --dying: #d9814f; --off: #2d3732;
  --uploaded: #74a7ff; --done: #4cc38a; --lag: #b494f0; --pods: #74a7ff; --watts: #f0a94a; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2.2rem 1.2rem 4rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; }
h1 { font-size: 1.55rem; margin: 0 0 .2rem; } h2 { font-size: 1.05rem; margin: 2.2rem 0 .7rem; }
p { margin: .2rem 0; color: var(--soft); }
.verdict { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: .8rem;
  margin-top: 1.4rem; }
.card, .sheet { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; }
.card { padding: .8rem 1rem; }
.card b { display: block; font-size: 1.45rem; font-weight: 650; line-height: 1.3;
  font-variant-numeric: tabular-nums; }
.card span { color: var(--soft); font-size: .86rem; }
.sheet { padding: .8rem; overflow-x: auto; position: relative; }
.sheet svg { display: block; min-width: 760px; width: 100%; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .45rem .7rem; border-bottom: 1px solid var(--rule); }
tr:last-child td { border-bottom: 0; } th { color: var(--soft); font-weight: 500; }
td:last-child { font-weight: 600; }
text { fill: var(--ink); font-size: 12px; } text.label { fill: var(--soft); font-size: 11.5px; }
text.title { font-weight: 600; } text.end { text-anchor: end; } text.middle { text-anchor: middle; }
.grid { stroke: var(--rule); stroke-width: 1; }
.moment { stroke: var(--soft); stroke-dasharray: 3 4; }
.s-on { fill: var(--on); } .s-booting { fill: var(--boot); } .s-dying { fill: var(--dying); }
.s-off { fill: var(--off); }
.line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; }
.fill { fill: var(--c); opacity: .16; stroke: none; }
.c-uploaded { --c: var(--uploaded); } .c-done { --c: var(--done); } .c-lag { --c: var(--lag); }
.c-pods { --c: var(--pods); } .c-watts { --c: var(--watts); }
.c-always { --c: var(--soft); stroke-dasharray: 5 4; }
.key i { display: inline-block; width: .8rem; height: .8rem; border-radius: 3px;
  margin: 0 .35rem 0 .9rem; vertical-align: -1px; } .key { font-size: .86rem; }
#hair { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--soft); }
#tip { position: absolute; top: .6rem; background: var(--card); border: 1px solid var(--rule);
  border-radius: 8px; padding: .45rem .7rem; font-size: .82rem; pointer-events: none;
  white-space: pre; box-shadow: 0 4px 14px #0003; font-variant-numeric: tabular-nums; }
#hair, #tip { display: none; pointer-events: none; }
)";

constexpr std::string_view kScript = R"(
const sheet = document.getElementById('timeline'), svg = sheet.querySelector('svg');
const hair = document.getElementById('hair'), tip = document.getElementById('tip');
const last = (points, t) => { let value = points.length ? points[0][1] : 0;
  for (const [at, v] of points) { if (at > t) break; value = v; } return value; };
sheet.addEventListener('pointerleave', () => hair.style.display = tip.style.display = 'none');
sheet.addEventListener('pointermove', event => {
  const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
  const left = +svg.dataset.left, right = +svg.dataset.right;
  const x = (event.clientX - box.left) / scale;
  const hidden = x < left || x > right;
  hair.style.display = tip.style.display = hidden ? 'none' : 'block';
  if (hidden) return;
  const t = (x - left) / (right - left) * +svg.dataset.end;
  const px = event.clientX - sheet.getBoundingClientRect().left + sheet.scrollLeft;
  hair.style.left = px + 'px';
  const clock = Math.floor(t / 60) + ':' + String(Math.floor(t % 60)).padStart(2, '0');
  tip.textContent = [clock,
    `${last(run.uploaded, t)} uploaded, ${last(run.done, t)} done, lag ${last(run.lag, t)}`,
    `${last(run.pods, t)} pods, ${last(run.watts, t).toFixed(1)} W`,
    ...Object.entries(run.nodes).map(([name, states]) => `${name} ${last(states, t)}`)].join('\n');
  const flip = x > (left + right) / 2;
  tip.style.left = (flip ? px - tip.offsetWidth - 12 : px + 12) + 'px';
});
)";

std::string card(std::string_view value, std::string_view what) {
  return fmt::format("<div class=\"card\"><b>{}</b><span>{}</span></div>\n", escape_html(value),
                     escape_html(what));
}

std::string cards(const Figures& f, const RunParameters& run) {
  std::optional<double> total_ms;
  if (f.total_s) total_ms = *f.total_s * 1000;
  return "<div class=\"cards\">\n" +
         card(fmt::format("{} / {}", f.jobs_done, run.jobs), "jobs done") +
         card(duration_text(total_ms), "first upload to last result") +
         card(duration_text(f.scale_out_reaction_ms), "first upload to scale-out") +
         card(duration_text(f.pending_to_magic_packet_ms), "pending pod to magic packet") +
         card(duration_text(f.last_pod_to_shutdown_ms), "last pod to shutdown") +
         card(energy_change_text(f), "energy, against always on") + "</div>\n";
}

std::string verdict_lines(const Verdict& verdict) {
  if (verdict.passed()) {
    return "<p class=\"verdict good\">Passed: no job lost or doubled, no node switched off with a "
           "pod on it, every machine in the right state.</p>\n";
  }
  std::string out = fmt::format("<p class=\"verdict bad\">Failed: {} violations</p>\n<ul>\n",
                                verdict.violations.size());
  for (const auto& violation : verdict.violations) {
    out += "<li class=\"bad\">" + escape_html(violation) + "</li>\n";
  }
  return out + "</ul>\n";
}

std::string comparison(const Verdict& verdict, const RunParameters& run) {
  std::string out =
      "<div class=\"sheet\"><table><tr><th></th><th>First user</th><th>This run</th></tr>\n";
  for (const auto& row : compare(verdict, run)) {
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", escape_html(row.what),
                       escape_html(row.theirs), escape_html(row.ours));
  }
  return out + "</table></div>\n";
}

constexpr std::string_view kKey =
    "<p class=\"key\">Nodes:<i style=\"background:var(--on)\"></i>on"
    "<i style=\"background:var(--boot)\"></i>booting<i style=\"background:var(--dying)\"></i>"
    "shutting down<i style=\"background:var(--off)\"></i>off</p>\n";

}  // namespace

std::string report_html(const History& history, const Verdict& verdict, const RunParameters& run) {
  const RunSeries series = series_of(history);
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>Eco-Kube demo</title>\n<style>";
  out += kStyle;
  out += "</style></head>\n<body><main>\n<h1>Eco-Kube demo</h1>\n";
  out += fmt::format(
      "<p>{} uploads, {:g} s a job, {:g} s a boot, at most {} pods; judged by the "
      "lab's own log alone.</p>\n",
      run.jobs, run.job_s, run.boot_s, run.pods_max);
  if (const auto cluster = cluster_text(verdict.figures); !cluster.empty()) {
    out += "<p>" + escape_html(cluster) + "</p>\n";
  }
  out += verdict_lines(verdict);
  out += cards(verdict.figures, run);
  out += "<h2>Timeline</h2>\n<div class=\"sheet\" id=\"timeline\">";
  out += timeline_svg(series);
  out += "<div id=\"hair\"></div><div id=\"tip\"></div></div>\n";
  out += kKey;
  out += "<h2>Beside the first user's figures</h2>\n";
  out += comparison(verdict, run);
  out += "</main>\n<script>const run = " + timeline_json(series) + ";";
  out += kScript;
  return out + "</script></body></html>\n";
}

}  // namespace ecokube::lab
