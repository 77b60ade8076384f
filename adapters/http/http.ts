import { randomUUID } from "node:crypto";
import type { HttpAccount } from "../../crds/kinds.gen.ts";
import type { AccountHandle, CheckEndpoint, CheckResult, Clock, Health } from "../contract.ts";
import { defineAdapter } from "../define.ts";
import type { ErrorText } from "../errors.ts";
import { Terminal, Transient, isAdapterError } from "../errors.ts";
import { fitsHeader } from "../http-headers.ts";
import { path } from "../http-path.ts";
import { openHttp } from "../http.ts";
import type { SecretFields } from "../secret.ts";
import { judge } from "./judge.ts";
import { addressRefused, reachOf, refusalOf } from "./policy.ts";

/** Asks a consumer over HTTP whether it works. Endpoints, and what may be sent to them, come from the VendorAccount alone. */
export const http = defineAdapter<HttpAccount>({
  name: "http",
  endpoint: "none",
  check: true,
  connect: (account, clock) => ({
    probe: async () => health(account),
    check: (endpoint) => ({
      proves: endpoint.proves,
      run: (value, signal) => run({ account, clock, endpoint }, value, signal),
    }),
    async [Symbol.asyncDispose]() {},
  }),
});

interface Asked {
  readonly account: AccountHandle;
  readonly clock: Clock;
  readonly endpoint: CheckEndpoint;
}

/** There is no admin credential to try: ready says that policy allows each endpoint and that the account's headers resolve. */
function health(account: AccountHandle): Health {
  const refusal = account.endpoints.map(refusalOf).find((text) => text !== undefined) ?? missingHeader(account);
  if (refusal !== undefined) return { ready: false, reason: refusal.reason, message: refusal.message };
  const count = account.endpoints.length;
  return { ready: true, reason: "EndpointsAllowed", message: `${count} endpoints, none refused by policy.` };
}

function missingHeader(account: AccountHandle): ErrorText | undefined {
  try {
    account.headers();
    return undefined;
  } catch (error) {
    if (isAdapterError(error)) return { reason: error.reason, message: error.message };
    throw error;
  }
}

/** One probe, on a connection of its own. Throws `Terminal` where asking would break a policy, `Transient` when aborted. */
async function run(asked: Asked, value: SecretFields, signal: AbortSignal): Promise<CheckResult> {
  const { endpoint, account, clock } = asked;
  const refusal = refusalOf(endpoint);
  if (refusal !== undefined) throw terminal(endpoint, refusal);
  const headers = { "cache-control": "no-cache", ...credentialHeader(endpoint, value) };
  await using client = openHttp({
    vendor: "http",
    baseUrl: endpoint.url,
    headers: () => account.headers(),
    clock,
    reach: reachOf(endpoint),
    connections: 1,
    timeoutMs: endpoint.timeoutMs,
    maxBodyBytes: 64 * 1024,
    oversized: "cut",
    retryAfterCapMs: 120_000,
  });
  try {
    // A query that was never asked before, so that no cache can answer in the consumer's place.
    const query = { velvet: randomUUID() };
    const method = endpoint.method;
    return judge(
      endpoint,
      await client.send({ method, path: path``, query, headers, effect: "none", accept: "any" }, signal),
    );
  } catch (error) {
    return unanswered(endpoint, error, signal);
  }
}

function credentialHeader(endpoint: CheckEndpoint, value: SecretFields): Record<string, string> {
  const { send } = endpoint;
  if (send === undefined) return {};
  const field = value[send.field];
  if (field === undefined) {
    throw terminal(endpoint, {
      reason: "FieldMissing",
      message: `Endpoint \`${endpoint.name}\` is to be sent field \`${send.field}\`, which the credential does not have.`,
      remedy: "Name one of the issuer's fields in the VendorAccount's endpoint.",
    });
  }
  const text = field.reveal();
  if (!fitsHeader(text)) {
    throw terminal(endpoint, {
      reason: "ValueNotSendable",
      message: `Field \`${send.field}\` is empty or has characters that no header can carry unchanged.`,
      remedy: "Check another way: an endpoint that sends another field, or a native or manual check.",
    });
  }
  return { [send.header]: `${send.prefix ?? ""}${text}` };
}

function unanswered(endpoint: CheckEndpoint, error: unknown, signal: AbortSignal): CheckResult {
  if (error instanceof Terminal && error.reason === "AddressRefused")
    throw terminal(endpoint, addressRefused(endpoint));
  if (!(error instanceof Transient) || signal.aborted) throw error;
  const message = `Endpoint \`${endpoint.name}\` gave no answer: ${error.message}`;
  return { outcome: "inconclusive", reason: error.reason, message };
}

function terminal(endpoint: CheckEndpoint, text: ErrorText): Terminal {
  return new Terminal(text, { vendor: "http", operation: `check ${endpoint.name}` });
}
