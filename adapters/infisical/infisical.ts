import type { InfisicalAccount, InfisicalIssuer, InfisicalSink } from "../../crds/kinds.gen.ts";
import type { Clock, Health } from "../contract.ts";
import { defineAdapter } from "../define.ts";
import { isAdapterError } from "../errors.ts";
import type { InfisicalAccountHandle } from "./api.ts";
import { openApi } from "./api.ts";
import { openApprovals } from "./approvals.ts";
import { openFolders } from "./folders.ts";
import { ISSUER_TRAITS, issuerOf } from "./issuer.ts";
import { openProber } from "./prober.ts";
import { openSecrets } from "./secrets.ts";
import { openSession } from "./session.ts";
import { placeOf, sinkOf, sinkTraits } from "./sink.ts";
import type { Tokens } from "./tokens.ts";
import { openTokens } from "./tokens.ts";

/** Infisical: client secrets of machine identities as an issuer, and secrets of a project's folder as a sink. */
export const infisical = defineAdapter<InfisicalAccount, InfisicalIssuer, InfisicalSink>({
  name: "infisical",
  endpoint: "optional",
  requestsPerMinute: 60,
  issuer: {
    targets: (block) => ({ identity: block.identity }),
    traits: () => ISSUER_TRAITS,
  },
  sink: {
    targets: (block) => ({ ...placeOf(block) }),
    traits: sinkTraits,
  },
  connect,
});

function connect(account: InfisicalAccountHandle, clock: Clock) {
  const api = openApi(account, clock);
  const tokens = openTokens(api, account, clock);
  const session = openSession(api, tokens);
  const prober = openProber(() => openApi(account, clock), clock);
  const vault = {
    secrets: openSecrets(session, account.config.secretsApi ?? "auto"),
    folders: openFolders(session),
    approvals: openApprovals(session),
  };
  const rotated = {
    session,
    prober,
    subOrganization: account.config.subOrganization,
    lockSeconds: account.config.lockoutSeconds ?? 300,
    now: () => clock.now(),
  };
  return {
    probe: async (signal: AbortSignal) => probe(tokens, signal),
    issuer: (block: InfisicalIssuer) => issuerOf(rotated, block),
    sink: (block: InfisicalSink) => sinkOf(vault, block),
    async [Symbol.asyncDispose]() {
      await prober[Symbol.asyncDispose]();
      await tokens[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** What the account may do, each Credential's own target says; that it is let in is all that can be asked of the account alone. */
async function probe(tokens: Tokens, signal: AbortSignal): Promise<Health> {
  try {
    const { remaining } = await tokens.prove(signal);
    const message = "Infisical accepted a login of the account's identity.";
    return { ready: true, reason: "LoginAccepted", message, ...(remaining === undefined ? {} : { remaining }) };
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return {
      ready: false,
      reason: error.reason,
      message: [error.message, error.remedy].filter((text) => text !== undefined).join(" "),
    };
  }
}
