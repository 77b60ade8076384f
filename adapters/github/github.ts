import type { GithubAccount, GithubIssuer, GithubSink } from "../../crds/kinds.gen.ts";
import { defineAdapter } from "../define.ts";
import { openGitHub } from "./client.ts";
import { issuerOf, issuerTargets, issuerTraits } from "./issuer.ts";
import { probe } from "./probe.ts";
import { sinkTargets } from "./scope.ts";
import { SINK_TRAITS, sinkOf } from "./sink.ts";

/** GitHub: deploy keys and tokens; secrets of Actions and Dependabot. As a GitHub App or with a token: see the README for its rights. */
export const github = defineAdapter<GithubAccount, GithubIssuer, GithubSink>({
  name: "github",
  endpoint: "optional",
  requestsPerMinute: 80,
  issuer: { targets: issuerTargets, traits: issuerTraits },
  sink: { targets: sinkTargets, traits: () => SINK_TRAITS },
  connect: (account, clock) => {
    const client = openGitHub(account, clock);
    return {
      probe: async (signal) => probe(client, signal),
      issuer: (block) => issuerOf(client, block),
      sink: (block) => sinkOf(client, block),
      [Symbol.asyncDispose]: async () => client[Symbol.asyncDispose](),
    };
  },
});
