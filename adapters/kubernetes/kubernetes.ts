import type { ConsumerRestart, KubernetesAccount, KubernetesSink } from "../../crds/kinds.gen.ts";
import type { Adapter } from "../contract.ts";
import { defineAdapter } from "../define.ts";
import type { Api, Pod } from "./api.ts";
import { openApi, POD } from "./api.ts";
import { probe } from "./probe.ts";
import { secretSink, SINK_TRAITS } from "./sink.ts";

/** Kubernetes: keys of Secrets, and a rollout of the workloads that use them. */
export const kubernetes = kubernetesFrom(POD);

/** `pod`: where an account that is `inCluster` finds its API server; another one only in tests. */
export function kubernetesFrom(pod: Pod): Adapter {
  return defineAdapter<KubernetesAccount, never, KubernetesSink, ConsumerRestart>({
    name: "kubernetes",
    endpoint: "optional",
    sink: { targets: ({ namespace, secret }) => ({ namespace, secret }), traits: () => SINK_TRAITS },
    restartTargets,
    connect: (account, clock) => {
      let opened: Api | undefined;
      const api = (): Api => (opened ??= openApi(account, clock, pod));
      return {
        probe: async (signal) => probe(api(), account.config, signal),
        sink: (block, restart) => secretSink(api(), block, restart),
        async [Symbol.asyncDispose]() {
          await opened?.[Symbol.asyncDispose]();
        },
      };
    },
  });
}

function restartTargets({ namespace }: KubernetesSink, restart: ConsumerRestart) {
  const { deployments = [], statefulSets = [], daemonSets = [] } = restart;
  return [
    ...deployments.map((deployment) => ({ namespace, deployment })),
    ...statefulSets.map((statefulSet) => ({ namespace, statefulSet })),
    ...daemonSets.map((daemonSet) => ({ namespace, daemonSet })),
  ];
}
