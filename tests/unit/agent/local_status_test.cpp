// Goal: who asks on the machine itself reads what the agent knows, and nothing that is not known is
// shown as a figure.
#include "node-agent/local/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace ecokube::agent {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

AgentStatus good_status() {
  AgentStatus status;
  status.node = "worker1";
  status.version = "1.2.3";
  status.boot_id = "boot-a";
  status.now = seconds(1000);
  status.links = {{"c1:7443", "main", seconds(997), ""},
                  {"c2:7443", "", std::nullopt, "connecting to c2:7443: Connection refused"}};
  status.fence = 7;
  status.energy = {PowerSource::rapl, Energy::joules(120), 2};
  status.power = Power::milliwatts(14'250);
  status.readings = {{PowerSource::rapl, "package-0", Energy::joules(100), true, 2},
                     {PowerSource::rapl, "package-0/da\"m", Energy::joules(20), true, 0}};
  status.pods = {{"uid-1", {Energy::joules(5), Energy::microjoules(500)}}};
  return status;
}

std::string text_of(const AgentStatus& status) {
  const auto text = status_text(status_json(status));
  return text ? *text : text.error().message;
}

TEST(LocalStatus, TellsAPersonAllOfIt) {
  const auto text = text_of(good_status());
  EXPECT_THAT(text, HasSubstr("worker1  (agent 1.2.3)"));
  EXPECT_THAT(text, HasSubstr("c1:7443  connected to main, last heartbeat 3.0 s ago"));
  EXPECT_THAT(text, HasSubstr("c2:7443  not connected: connecting to c2:7443"));
  EXPECT_THAT(text, HasSubstr("fence      7"));
  EXPECT_THAT(text, HasSubstr("14.2 W  source rapl\n"));
  EXPECT_THAT(text, HasSubstr("would be obeyed"));
}

TEST(LocalStatus, TellsEstimatesVetoesAndWhatIsUnknown) {
  auto status = good_status();
  status.energy.source = PowerSource::model;
  status.vetoes = {"the hold file /etc/ecokube/hold exists"};
  EXPECT_THAT(text_of(status), HasSubstr("~14.2 W  source model (estimated)"));
  EXPECT_THAT(text_of(status), HasSubstr("refused: the hold file"));
  status.energy = {};
  status.power = std::nullopt;
  status.power_problem = "no permission";
  const auto text = text_of(status);
  EXPECT_THAT(text, HasSubstr("power      not known  source none\n           no permission"));
  EXPECT_THAT(text, Not(HasSubstr("0.0 W")));
}

TEST(LocalStatus, TellsWhetherANicWouldWakeTheMachine) {
  auto status = good_status();
  const MacAddress mac({2, 0, 0, 0, 0, 1});
  status.waking.nics = {{{"eno1", mac, true, true}, true, ""},
                        {{"eno2", mac, false, true}, std::nullopt, ""},
                        {{"eno3", mac, true, false}, false, "eno3 can't; use another"}};
  const auto text = text_of(status);
  EXPECT_THAT(text, HasSubstr("wake       eno1  armed for magic packets\n"));
  EXPECT_THAT(text, HasSubstr("wake       eno2  armed, as device/power/wakeup says; no link\n"));
  EXPECT_THAT(text, HasSubstr("wake       eno3  not armed: eno3 can't; use another\n"));
}

TEST(LocalStatus, RefusesAnothersAnswer) {
  EXPECT_FALSE(status_text({}));
  EXPECT_FALSE(status_text({{"node", 5}}));
  auto document = status_json(good_status());
  document["links"] = boost::json::array{{{"address", "a"}}};
  EXPECT_FALSE(status_text(document));
}

TEST(LocalMetrics, HaveSourceAndZone) {
  const auto text = metrics_text(good_status());
  for (const auto* line :
       {"# TYPE ecokube_node_energy_joules_total counter\n",
        "ecokube_node_energy_joules_total{source=\"rapl\",zone=\"package-0\"} 100.000000\n",
        "ecokube_node_energy_joules_total{source=\"rapl\",zone=\"package-0/da\\\"m\"} 20.000000\n",
        "ecokube_node_energy_unknown_intervals_total{source=\"rapl\",zone=\"package-0\"} 2\n",
        "ecokube_node_power_source{source=\"rapl\",estimated=\"false\"} 1\n",
        "ecokube_node_power_watts{source=\"rapl\"} 14.250\n",
        "ecokube_pod_energy_estimated_joules_total{uid=\"uid-1\",kind=\"idle\"} 0.000500\n",
        "ecokube_agent_connected{address=\"c2:7443\"} 0\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  auto status = good_status();
  status.power = std::nullopt;
  EXPECT_THAT(metrics_text(status), Not(HasSubstr("power_watts")));
}

}  // namespace
}  // namespace ecokube::agent
