#include "coordinator/app.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <filesystem>
#include <memory>
#include <vector>

#include "common/boot_clock.h"
#include "common/log.h"
#include "coordinator/agents/agent_server.h"
#include "coordinator/api/api.h"
#include "coordinator/enrolment/shared_revocations.h"
#include "coordinator/enrolment_setup.h"
#include "coordinator/event_text.h"
#include "coordinator/kafka/kafka_lag.h"
#include "coordinator/kubernetes/cluster_api.h"
#include "coordinator/kubernetes/event_recorder.h"
#include "coordinator/loop.h"
#include "coordinator/power/bmc_access_json.h"
#include "coordinator/power/bmcs.h"
#include "coordinator/power/own_segments.h"
#include "coordinator/power/wake_on_lan.h"
#include "coordinator/store/store.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;

Result<std::unique_ptr<CoordinatorStore>> open_store(asio::io_context& io,
                                                     const CoordinatorConfig& config) {
  std::error_code error;
  std::filesystem::create_directories(config.state_dir, error);
  if (error) {
    return fail(Errc::config, "state_dir " + config.state_dir.string() + ": " + error.message());
  }
  return make_store(io.get_executor(), config.state_dir / "coordinator.db");
}

Result<kubernetes::Access> read_access(const CoordinatorConfig& config) {
  if (config.kubeconfig.empty()) return kubernetes::read_service_account();
  return kubernetes::read_kubeconfig(config.kubeconfig, config.context);
}

Result<std::unique_ptr<kubernetes::KubernetesCluster>> open_cluster(
    asio::io_context& io, const CoordinatorConfig& config, kubernetes::Access access,
    std::function<TimePoint()> clock) {
  kubernetes::KubernetesOptions options;
  options.access = std::move(access);
  options.clock = std::move(clock);
  options.lease = !config.policy.dry_run;
  options.lease_duration = config.lease_duration;
  options.identity = config.id;
  for (const auto& scaler : config.policy.scalers) {
    options.scaled.push_back({scaler.api_version, scaler.kind, scaler.ns, scaler.target});
  }
  return kubernetes::make_kubernetes(io.get_executor(), std::move(options));
}

/// Events on Nodes are for people; a dry run writes none.
Result<std::unique_ptr<kubernetes::EventRecorder>> open_events(asio::io_context& io,
                                                               const CoordinatorConfig& config,
                                                               kubernetes::Access access,
                                                               std::function<TimePoint()> clock) {
  if (config.policy.dry_run) return nullptr;
  return kubernetes::make_event_recorder(io.get_executor(), std::move(access), config.id,
                                         std::move(clock));
}

/// Everything that was started, in the order in which it must end.
struct Parts {
  std::unique_ptr<CoordinatorStore> store;
  std::unique_ptr<enrolment::Enrolment> enrolment;
  std::unique_ptr<enrolment::SharedRevocations> revocations;
  std::unique_ptr<kubernetes::KubernetesCluster> cluster;
  std::unique_ptr<AgentServer> agents;
  std::unique_ptr<PowerControl> power;
  std::unique_ptr<BmcControl> bmcs;
  std::vector<std::unique_ptr<DemandSource>> demand;
  std::unique_ptr<Loop> loop;
  std::unique_ptr<Api> api;
  std::unique_ptr<kubernetes::EventRecorder> events;
};

/// By an annotation on the Node, so that a standby, and a successor without our database, know it.
/// A dry run reads them alone.
void share_revocations(asio::io_context& io, const CoordinatorConfig& config, Parts& parts,
                       std::function<TimePoint()> clock) {
  enrolment::SharedRevocations::Publish publish;
  if (!config.policy.dry_run) {
    publish = [&parts](NodeName node, std::string text) {
      return parts.cluster->record_revocation(std::move(node), std::move(text));
    };
  }
  parts.revocations = std::make_unique<enrolment::SharedRevocations>(
      io.get_executor(), *parts.enrolment, std::move(publish), std::move(clock));
}

/// Only the leader tells, or each event would be there twice.
void tell_events(Parts& parts) {
  if (!parts.events) return;
  parts.loop->subscribe([&parts](const FleetEvent& event) {
    if (parts.loop->world().fence == 0) return;
    for (auto& told : events_of(event)) parts.events->tell(std::move(told));
  });
}

/// What adapters see goes to the loop; a fence that an agent has seen also bounds ours (S5), and
/// ours is told to the agents.
Observe observer(Parts& parts) {
  return [&parts](core::Fact fact) {
    if (const auto* hello = std::get_if<core::AgentConnected>(&fact)) {
      parts.cluster->raise_fence_floor(hello->fence_highest_seen);
    } else if (const auto* beat = std::get_if<core::AgentHeartbeat>(&fact)) {
      parts.cluster->raise_fence_floor(beat->fence_highest_seen);
    } else if (const auto* held = std::get_if<core::LeaseHeld>(&fact)) {
      parts.agents->lead(held->fence);
    } else if (std::holds_alternative<core::LeaseLost>(fact)) {
      parts.agents->lead(0);
    }
    parts.revocations->see(fact);
    parts.loop->post(std::move(fact));
  };
}

Result<void> start(Parts& parts) {
  auto recovered = parts.store->recover();
  if (!recovered) return std::unexpected(recovered.error());
  parts.loop->start(std::move(*recovered));
  const auto observe = observer(parts);
  if (auto listening = parts.agents->start(observe); !listening) return listening;
  if (auto serving = parts.api->start(); !serving) return serving;
  parts.cluster->start(observe);
  parts.bmcs->start(observe);
  for (auto& source : parts.demand) source->start(observe);
  return {};
}

/// Gives the Lease back and closes every link; what is in flight on the nodes goes on by itself and
/// is found again by the next start.
asio::awaitable<void> stop(Parts& parts) {
  parts.loop->stop();
  if (parts.events) parts.events->stop();
  parts.api->stop();
  for (auto& source : parts.demand) source->stop();
  co_await parts.agents->stop();
  co_await parts.cluster->stop();
  co_await parts.bmcs->stop();  // last: a BMC that hangs may not delay the Lease's end
}

}  // namespace

Result<void> run_coordinator(const CoordinatorConfig& config) {
  asio::io_context io(1);
  const RealClock real_clock;
  const auto clock = [&real_clock] { return real_clock.now(); };
  Parts parts;
  auto store = open_store(io, config);
  if (!store) return std::unexpected(store.error());
  parts.store = std::move(*store);
  auto enrolment = open_enrolment(
      config, *parts.store, clock,
      [&parts](const NodeName& node, const std::string& why) {
        if (parts.agents) parts.agents->turn_away(node, why);
        if (parts.revocations) parts.revocations->revoked(node);
      },
      [&parts] { return parts.revocations->is_current(); });
  if (!enrolment) return std::unexpected(std::move(enrolment.error()));
  parts.enrolment = std::move(*enrolment);
  auto access = read_access(config);
  if (!access) return std::unexpected(std::move(access.error()));
  auto cluster = open_cluster(io, config, *access, clock);
  if (!cluster) return std::unexpected(cluster.error());
  parts.cluster = std::move(*cluster);
  share_revocations(io, config, parts, clock);
  auto agent_options = config.agents;
  agent_options.certificates = parts.enrolment.get();
  parts.agents = make_agent_server(io.get_executor(), std::move(agent_options));
  parts.power = make_wake_on_lan(io.get_executor());
  parts.bmcs = make_bmcs(io.get_executor(), config.bmcs);
  for (const auto& scaler : config.policy.scalers) {
    parts.demand.push_back(make_kafka_lag(io.get_executor(), scaler));
  }
  const Ports ports{*parts.cluster, *parts.power, *parts.bmcs, *parts.agents, *parts.store};
  auto policy = config.policy;
  policy.own_segments = own_segments();
  parts.loop = std::make_unique<Loop>(io.get_executor(), std::move(policy), ports, clock);
  auto api = config.api;
  api.events_dropped = [&parts] { return parts.events ? parts.events->dropped() : 0; };
  for (const auto& [node, by] : config.bmcs.bmcs) api.bmcs[node] = bmc_access_json(by);
  parts.api = make_api(io.get_executor(), std::move(api), *parts.loop, parts.enrolment.get());
  auto events = open_events(io, config, *std::move(access), clock);
  if (!events) return std::unexpected(events.error());
  parts.events = *std::move(events);
  tell_events(parts);

  if (auto started = start(parts); !started) return started;
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int signal) {
    if (error) return;
    log::info("signal={} stopping", signal);
    asio::co_spawn(io, stop(parts), [&io](std::exception_ptr unforeseen) {
      if (unforeseen) log::error("stopping failed with an unforeseen error");
      io.stop();
    });
  });
  log::info("id={} ready agents={}:{} api={}:{} socket={}", config.id, config.agents.listen_address,
            parts.agents->port(), config.api.address, parts.api->port(),
            config.api.socket.string());
  io.run();
  return {};
}

}  // namespace ecokube
