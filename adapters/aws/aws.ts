import type { AwsAccount, AwsIssuer, AwsSink } from "../../crds/kinds.gen.ts";
import type { Health, Sink, SinkTraits } from "../contract.ts";
import { defineAdapter } from "../define.ts";
import { type AdapterError, isAdapterError, Terminal } from "../errors.ts";
import { type Access, openAccess } from "./access.ts";
import { errorOf } from "./call.ts";
import { issuerOf, traitsOf } from "./issuer.ts";
import { PARAMETERS, parametersOf } from "./parameters.ts";
import { SECRET, secretOf } from "./secrets.ts";

/** Access keys of IAM users; parameters of Systems Manager and secrets of Secrets Manager as places that hold copies. */
export const aws = defineAdapter<AwsAccount, AwsIssuer, AwsSink>({
  name: "aws",
  endpoint: "optional",
  issuer: { targets: ({ user }) => ({ user }), traits: traitsOf },
  sink: { targets: targetsOf, traits: sinkTraitsOf },
  connect: (account, clock) => {
    const access = openAccess(account, clock);
    return {
      probe: async (signal) => probe(access, signal),
      issuer: (block) => issuerOf(access, block),
      sink: (block) => sinkOf(access, block),
      async [Symbol.asyncDispose]() {
        await access[Symbol.asyncDispose]();
      },
    };
  },
});

function targetsOf({ parameters, secret }: AwsSink): Readonly<Record<string, string>> {
  const kmsKey = parameters?.kmsKey ?? secret?.kmsKey;
  return {
    ...(parameters === undefined ? {} : { path: parameters.path }),
    ...(secret === undefined ? {} : { secret: secret.name }),
    ...(kmsKey === undefined ? {} : { kmsKey }),
  };
}

function sinkTraitsOf({ secret }: AwsSink): SinkTraits {
  return secret === undefined ? PARAMETERS : SECRET;
}

function sinkOf(access: Access, { parameters, secret }: AwsSink): Sink {
  if (secret !== undefined) return secretOf(access, secret);
  if (parameters !== undefined) return parametersOf(access, parameters);
  throw new Terminal(
    {
      reason: "SinkKindMissing",
      message: "The block aws names neither parameters nor a secret.",
      remedy: "Give it one of both.",
    },
    { vendor: "aws", operation: "open" },
  );
}

/** The one question that every key may ask. Which rights it has shows only when they are used, and is then named. */
async function probe(access: Access, signal: AbortSignal): Promise<Health> {
  try {
    const outcome = await access.caller(undefined, signal);
    if ("output" in outcome) {
      return { ready: true, reason: "CallerKnown", message: `AWS knows Velvet as ${outcome.output.arn}.` };
    }
    const wanted = { action: "sts:GetCallerIdentity", on: "itself", effect: "none" } as const;
    return notReady(errorOf(outcome.refusal, wanted));
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return notReady(error);
  }
}

function notReady({ reason, message, remedy }: AdapterError): Health {
  return { ready: false, reason, message: [message, remedy].filter(Boolean).join(" ") };
}
