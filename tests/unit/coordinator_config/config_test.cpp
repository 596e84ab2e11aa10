#include "coordinator/config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read_with.h"

namespace ecokube {
namespace {

using testing::HasSubstr;

TEST(CoordinatorConfig, TheDocumentedExampleHoldsAndShowsTheDefaults) {
  const auto example = read_coordinator_config(ECOKUBE_EXAMPLE);
  ASSERT_TRUE(example) << example.error().message;
  const core::Policy defaults;
  const auto& policy = example->policy;
  EXPECT_EQ(policy.settle, defaults.settle);
  EXPECT_EQ(policy.cluster_view_age_max, defaults.cluster_view_age_max);
  EXPECT_EQ(policy.demand_age_max, defaults.demand_age_max);
  EXPECT_EQ(policy.heartbeat_age_max, defaults.heartbeat_age_max);
  EXPECT_EQ(policy.silence_to_off, defaults.silence_to_off);
  EXPECT_EQ(policy.drain_deadline, defaults.drain_deadline);
  EXPECT_EQ(policy.daemonsets_may_stop, defaults.daemonsets_may_stop);
  EXPECT_EQ(policy.cover_node_loss, defaults.cover_node_loss);
  EXPECT_EQ(policy.down_deadline, defaults.down_deadline);
  EXPECT_EQ(policy.wake_deadline, defaults.wake_deadline);
  EXPECT_EQ(policy.services_wait, defaults.services_wait);
  EXPECT_EQ(policy.wake_repeat, defaults.wake_repeat);
  EXPECT_EQ(policy.person_wake_for, defaults.person_wake_for);
  EXPECT_EQ(policy.quarantine_base, defaults.quarantine_base);
  EXPECT_EQ(policy.scheduler_name, defaults.scheduler_name);
  EXPECT_EQ(policy.wake_proof_age_max, defaults.wake_proof_age_max);
  EXPECT_EQ(policy.first_sleep, defaults.first_sleep);
  EXPECT_EQ(policy.sleep_max, defaults.sleep_max);
  EXPECT_EQ(policy.downs_per_day_max, defaults.downs_per_day_max);
  EXPECT_EQ(policy.unready_percent_max, defaults.unready_percent_max);
  EXPECT_EQ(policy.inrush.all, defaults.inrush.all);
  EXPECT_EQ(policy.inrush.power_domain, defaults.inrush.power_domain);
  EXPECT_EQ(policy.inrush.power_domain_label, defaults.inrush.power_domain_label);
  EXPECT_EQ(policy.inrush.jitter, defaults.inrush.jitter);
  ASSERT_EQ(policy.pools.size(), 1U);
  EXPECT_EQ(policy.pools[0].inrush, core::InrushLimits());
  EXPECT_EQ(policy.pools[0].mode, core::Mode::advise);
  EXPECT_EQ(policy.pools[0].unneeded_time, core::Pool().unneeded_time);
  EXPECT_FALSE(policy.pools[0].hard_off);
  EXPECT_EQ(policy.pools[0].sleep_mode, core::SleepMode::power_off);
  EXPECT_EQ(policy.pools[0].prove_wakes, core::Pool().prove_wakes);
  ASSERT_EQ(policy.scalers.size(), 1U);
  EXPECT_EQ(policy.scalers[0].lag_threshold, core::Scaler().lag_threshold);
  EXPECT_EQ(policy.nodes.at("worker1").wake_address, "192.168.1.255:9");
  EXPECT_EQ(policy.raw_wake, defaults.raw_wake);
  EXPECT_FALSE(policy.nodes.at("worker1").bmc);
  EXPECT_FALSE(policy.wake_method_timeout);
  EXPECT_EQ(policy.bmc_poll, defaults.bmc_poll);
  EXPECT_EQ(policy.bmc_poll_close, defaults.bmc_poll_close);
  const BmcOptions bmcs;
  EXPECT_EQ(example->bmcs.poll, bmcs.poll);
  EXPECT_EQ(example->bmcs.poll_close, bmcs.poll_close);
  EXPECT_EQ(example->bmcs.manners.call_limit, bmcs.manners.call_limit);
  EXPECT_EQ(example->bmcs.manners.order_spacing, bmcs.manners.order_spacing);
  EXPECT_EQ(example->bmcs.manners.backoff_base, bmcs.manners.backoff_base);
  EXPECT_EQ(example->bmcs.manners.backoff_max, bmcs.manners.backoff_max);
  EXPECT_EQ(example->bmcs.manners.reads_at_once, bmcs.manners.reads_at_once);
  EXPECT_EQ(example->bmcs.manners.orders_at_once, bmcs.manners.orders_at_once);
}

TEST(CoordinatorConfig, TheDocumentedExampleShowsBmcs) {
  const auto example = read_coordinator_config(ECOKUBE_EXAMPLE);
  ASSERT_TRUE(example) << example.error().message;
  const auto& policy = example->policy;
  const BmcAccess bmc =
      IpmiAccess{{"10.0.0.12", 623}, "power", {"/etc/ecokube/bmc/worker2", ""}, 17};
  EXPECT_EQ(example->bmcs.bmcs.at("worker2"), bmc);
  EXPECT_TRUE(policy.nodes.at("worker2").bmc);
  EXPECT_EQ(policy.nodes.at("worker2").bmc_address, "10.0.0.12");
  const std::string digits = "0123456789abcdef0123456789abcdef";
  const BmcAccess redfish = RedfishAccess{{"10.0.0.13", 443},
                                          "power",
                                          {"/etc/ecokube/bmc/worker3", ""},
                                          {"sha256:" + digits + digits, ""},
                                          "",
                                          false};
  EXPECT_EQ(example->bmcs.bmcs.at("worker3"), redfish);
  EXPECT_EQ(policy.nodes.at("worker3").bmc_by, core::WakeMethod::redfish);
  EXPECT_EQ(policy.nodes.at("worker3").bmc_off, core::BmcOff::identified);
  EXPECT_EQ(policy.nodes.at("worker4").bmc_off, core::BmcOff::never);
  EXPECT_THAT(describe(*example),
              HasSubstr("node worker2: woken by wol, then ipmi; BMC 10.0.0.12:623 as power"));
}

TEST(CoordinatorConfig, PoolsAdviseUnlessToldToAct) {
  const auto config = read_with("[[pool]]\nname = \"p\"\nnames = [\"n1\"]\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->policy.pools.at(0).mode, core::Mode::advise);
  EXPECT_FALSE(config->policy.dry_run);
}

TEST(CoordinatorConfig, WhatAPoolGoesDownTo) {
  const auto with = [](const std::string& mode) {
    return read_with("[[pool]]\nname = \"p\"\nnames = [\"n1\"]\nsleep_mode = \"" + mode + "\"\n");
  };
  EXPECT_EQ(with("suspend")->policy.pools.at(0).sleep_mode, core::SleepMode::suspend);
  EXPECT_EQ(with("hibernate")->policy.pools.at(0).sleep_mode, core::SleepMode::hibernate);
  const auto wrong = with("nap");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("must be power-off, suspend or hibernate"));
}

TEST(CoordinatorConfig, HowManyMachinesAreSwitchedAtOnce) {
  const auto config = read_with(
      "[inrush]\nstarts_per_minute = 6\n"
      "[inrush.power_domain]\nbooting_max = 3\n"
      "[[pool]]\nname = \"p\"\nnames = [\"n1\"]\n"
      "[pool.inrush]\ndowns_per_minute = 2\n"
      "downs_burst = 4\n"
      "[[node]]\nname = \"n1\"\n"
      "power_domain = \"rack1\"\n");
  ASSERT_TRUE(config) << config.error().message;
  const auto& inrush = config->policy.inrush;
  EXPECT_EQ(inrush.all.starts, (core::RateLimit{6, 20}));
  EXPECT_EQ(inrush.power_domain.booting_max, 3);
  EXPECT_EQ(config->policy.pools[0].inrush.downs, (core::RateLimit{2, 4}));
  EXPECT_EQ(config->policy.nodes.at("n1").power_domain, "rack1");
  const auto text = describe(*config);
  EXPECT_THAT(text, HasSubstr("all machines: 6 starts a minute, 20 at once; 60 downs a minute"));
  EXPECT_THAT(text, HasSubstr("each power domain: 3 may boot at once"));
  EXPECT_THAT(text, HasSubstr("pool p: 2 downs a minute, 4 at once"));
}

TEST(CoordinatorConfig, WhatMachinesMayDrawTogether) {
  const auto config = read_with(
      "[inrush]\nwatts_cap = 4000\npeak_watts_default = 350\n"
      "[inrush.power_domain]\nwatts_cap = 2000\nstarts_per_minute = 6\n"
      "[[power_domain]]\nname = \"rack1\"\nwatts_cap = 1500\n"
      "[[power_domain]]\nname = \"rack2\"\nwatts_cap = 0\n"
      "[[pool]]\nname = \"p\"\nnames = [\"n1\"]\npeak_watts = 300\n"
      "[pool.inrush]\nwatts_cap = 900\n"
      "[[node]]\nname = \"n1\"\npower_domain = \"rack1\"\npeak_watts = 280\n");
  ASSERT_TRUE(config) << config.error().message;
  const auto& policy = config->policy;
  EXPECT_EQ(policy.inrush.all.watts_cap, Power::watts(4000));
  EXPECT_EQ(policy.inrush.peak_default, Power::watts(350));
  EXPECT_EQ(policy.inrush.power_domain.watts_cap, Power::watts(2000));
  EXPECT_EQ(policy.inrush.power_domains.at("rack1").watts_cap, Power::watts(1500));
  EXPECT_EQ(policy.inrush.power_domains.at("rack1").starts.per_minute, 6);
  EXPECT_EQ(policy.inrush.power_domains.at("rack2").watts_cap, std::nullopt);
  EXPECT_EQ(policy.pools[0].peak, Power::watts(300));
  EXPECT_EQ(policy.pools[0].inrush.watts_cap, Power::watts(900));
  EXPECT_EQ(policy.nodes.at("n1").peak, Power::watts(280));
  EXPECT_THAT(describe(*config), HasSubstr("power domain rack1: 6 starts a minute, 1 at once; "
                                           "1500 W at most"));
}

TEST(CoordinatorConfig, ACapThatMakesNoSenseIsRefused) {
  const auto wrong = [](const std::string& more) {
    const auto config = read_with(more);
    return config ? "accepted" : config.error().message;
  };
  EXPECT_THAT(wrong("[inrush]\nwatts_cap = -1\n"), HasSubstr("inrush.watts_cap"));
  EXPECT_THAT(wrong("[inrush]\npeak_watts_default = 0\n"), HasSubstr("peak_watts_default"));
  EXPECT_THAT(wrong("[[node]]\nname = \"n\"\npeak_watts = 0\n"), HasSubstr("peak_watts"));
  EXPECT_THAT(wrong("[[power_domain]]\nwatts_cap = 5\n"),
              HasSubstr("power_domain[1].name: is missing"));
  EXPECT_THAT(wrong("[[power_domain]]\nname = \"r\"\n[[power_domain]]\nname = \"r\"\n"),
              HasSubstr("the name r stands twice"));
  EXPECT_THAT(wrong("[inrush]\npower_domain_label = \"\"\n"
                    "[[power_domain]]\nname = \"rak1\"\n"
                    "[[node]]\nname = \"n\"\npower_domain = \"rack1\"\n"),
              HasSubstr("no [[node]] has power_domain = \"rak1\""));
  EXPECT_THAT(wrong("[inrush]\nwatts_cap = 100\n"
                    "[[pool]]\nname = \"p\"\nnames = [\"n\"]\npeak_watts = 101\n"),
              HasSubstr("100 W is less than the peak_watts of pool p, which could never be woken"));
  EXPECT_THAT(wrong("[[power_domain]]\nname = \"r\"\nwatts_cap = 90\n"
                    "[[node]]\nname = \"n\"\npower_domain = \"r\"\npeak_watts = 91\n"),
              HasSubstr("peak_watts of node n"));
}

TEST(CoordinatorConfig, HowManyWakesANamespaceMayCause) {
  const auto config = read_with(
      "[[namespace_quota]]\nname = \"team-a\"\nwakes_per_hour = 6\nburst = 2\n"
      "[[namespace_quota]]\nname = \"*\"\nwakes_per_hour = 3\n");
  ASSERT_TRUE(config) << config.error().message;
  const auto& quotas = config->policy.namespace_quotas;
  EXPECT_EQ(quotas.at("team-a"), (core::NamespaceQuota{6, 2}));
  EXPECT_EQ(quotas.at("*"), (core::NamespaceQuota{3, 3}));
  EXPECT_THAT(describe(*config), HasSubstr("each other namespace: 3 wakes an hour, 3 at once"));
  EXPECT_THAT(describe(*config), HasSubstr("namespace team-a: 6 wakes an hour, 2 at once"));
  const auto wrong = [](const std::string& keys) {
    const auto refused = read_with("[[namespace_quota]]\n" + keys);
    return refused ? "accepted" : refused.error().message;
  };
  EXPECT_THAT(wrong("name = \"a\"\n"), HasSubstr("wakes_per_hour: is missing"));
  EXPECT_THAT(wrong("name = \"a\"\nwakes_per_hour = -1\n"), HasSubstr("wakes_per_hour"));
  EXPECT_THAT(wrong("name = \"A b\"\nwakes_per_hour = 1\n"), HasSubstr("a namespace's name"));
  EXPECT_THAT(wrong("name = \"a\"\nwakes_per_hour = 1\nburst = 0\n"), HasSubstr("burst"));
  EXPECT_THAT(wrong("name = \"a\"\nwakes_per_hour = 1\n[[namespace_quota]]\nname = \"a\"\n"
                    "wakes_per_hour = 1\n"),
              HasSubstr("the name a stands twice"));
}

TEST(CoordinatorConfig, AScalerMayNameAnyKind) {
  const auto read = [](const std::string& target) {
    const auto config = read_with(
        "[[scaler]]\nname = \"s\"\ntopic = \"t\"\nconsumerGroup = \"g\"\n"
        "bootstrapServers = \"b:1\"\n[scaler.scaleTargetRef]\nname = \"x\"\n" +
        target);
    return config ? config->policy.scalers.at(0).target_key() : config.error().message;
  };
  EXPECT_EQ(read(""), "Deployment.apps/default/x");
  EXPECT_EQ(read("kind = \"StatefulSet\""), "StatefulSet.apps/default/x");
  EXPECT_EQ(read("kind = \"Job\""), "Job.batch/default/x");
  EXPECT_EQ(read("kind = \"Thing\"\napiVersion = \"example.com/v1\"\nnamespace = \"n\""),
            "Thing.example.com/n/x");
  EXPECT_EQ(read("kind = \"ReplicationController\"\napiVersion = \"v1\""),
            "ReplicationController/default/x");
  for (const auto* bad : {"example.com/", "/v1", "a/b/c", "Example.com/v1"}) {
    EXPECT_THAT(read(fmt::format("apiVersion = \"{}\"", bad)), HasSubstr("group/version")) << bad;
  }
}

TEST(CoordinatorConfig, OurSchedulerHasANameOfItsOwnOrNone) {
  const auto read = [](const std::string& name) {
    return read_with(fmt::format("[scheduler]\nname = \"{}\"\n", name));
  };
  EXPECT_EQ(read("packer")->policy.scheduler_name, "packer");
  EXPECT_EQ(read("")->policy.scheduler_name, "");
  const auto theirs = read("default-scheduler");
  ASSERT_FALSE(theirs);
  EXPECT_THAT(theirs.error().message, HasSubstr("scheduler.name"));
  EXPECT_FALSE(read("No Name"));
}

TEST(CoordinatorConfig, HowMagicPacketsAreSent) {
  EXPECT_TRUE(read_with("")->policy.raw_wake);
  EXPECT_TRUE(read_with("[wake]\nraw = \"auto\"\n")->policy.raw_wake);
  EXPECT_FALSE(read_with("[wake]\nraw = \"never\"\n")->policy.raw_wake);
  const auto wrong = read_with("[wake]\nraw = \"always\"\n");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("must be auto or never"));
}

TEST(CoordinatorConfig, ASecureOnPasswordIsNamedByItsFile) {
  const auto example = read_coordinator_config(ECOKUBE_EXAMPLE);
  EXPECT_EQ(example->policy.nodes.at("worker1").secure_on_file, "/etc/ecokube/secureon/worker1");
  const auto config = read_with("[[node]]\nname = \"n1\"\nsecure_on_file = \"/etc/so/n1\"\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->policy.nodes.at("n1").secure_on_file, "/etc/so/n1");
  EXPECT_THAT(describe(*config), HasSubstr("node n1: woken by wol; SecureOn by /etc/so/n1"));
  const auto wrong = read_with("[[node]]\nname = \"n1\"\nsecure_on_file = \"1.2.3.4\"\n");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("must be an absolute path"));
  EXPECT_EQ(wrong.error().message.find("1.2.3.4"), std::string::npos) << "it may be the password";
}

TEST(CoordinatorConfig, DaemonSetsThatMayStop) {
  const auto listed = [](const std::string& list) {
    const auto config = read_with("[safety]\n" + list);
    return config ? config->policy.daemonsets_may_stop
                  : std::vector<std::string>{config.error().message};
  };
  using Listed = std::vector<std::string>;
  EXPECT_EQ(listed(""), (Listed{"kube-system/*"}));
  EXPECT_EQ(listed("daemonsets_may_stop = []"), Listed{}) << "an empty list is one too";
  EXPECT_EQ(listed("daemonsets_may_stop = [\"a/*\", \"b/proxy\"]"), (Listed{"a/*", "b/proxy"}));
}

TEST(CoordinatorConfig, EveryMistakeIsNamedWithItsPlace) {
  const test::TempDir dir;
  const auto file = dir.write("c.toml", fmt::format("id = \"Big\"\n{}listen = \"nowhere\"\n"
                                                    "[safety]\nsettle_s = 0\n"
                                                    "drain_deadline_s = 5\n"
                                                    "daemonsets_may_stop = [\"ingress\"]\n"
                                                    "[[pool]]\nname = \"p\"\nmode = \"on\"\n"
                                                    "[[pool]]\nname = \"p\"\nnames = [\"a\"]\n"
                                                    "[[scaler]]\nname = \"s\"\nlagThreshold = 0\n",
                                                    kMinimal));
  const auto config = read_coordinator_config(file);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, Errc::config);
  for (const auto* part :
       {"c.toml:1:6: id: must be lower case",
        "agents.listen: \"nowhere\" is no address: the port is missing",
        "safety.settle_s: must be seconds from 0.5",
        "safety.drain_deadline_s: must be seconds from 10",
        "safety.daemonsets_may_stop: \"ingress\" is neither",
        "pool[1].mode: must be off, advise or act", "pool[1].names: give names or node_selector",
        "the name p stands twice", "scaler[1].lagThreshold: must be a whole number",
        "scaleTargetRef.name: is missing", "scaler[1].bootstrapServers: is missing"}) {
    EXPECT_THAT(config.error().message, HasSubstr(part));
  }
}

}  // namespace
}  // namespace ecokube
