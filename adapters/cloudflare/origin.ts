/** Asks an endpoint of the VendorAccount with a credential: the only addresses, beside the API, that a value is ever sent to. */
import type { CheckEndpoint, Clock } from "../contract.ts";
import type { ErrorText } from "../errors.ts";
import { Terminal, Transient } from "../errors.ts";
import { fitsHeader } from "../http-headers.ts";
import { path } from "../http-path.ts";
import { openHttp } from "../http.ts";
import { Secret } from "../secret.ts";
import type { Account } from "./api.ts";
import { VENDOR } from "./api.ts";

export type OriginTold =
  /** The status is one of the endpoint's `expectStatus`. */
  | { readonly told: "passed" }
  | { readonly told: "refused"; readonly status: number }
  /** To this URL. */
  | { readonly told: "redirected"; readonly to: string }
  | { readonly told: "nothing"; readonly reason: string; readonly message: string; readonly retryAfterMs?: number };

export interface OriginQuestion {
  readonly account: Account;
  readonly clock: Clock;
  /** The endpoint's name in the VendorAccount. */
  readonly probe: string;
  /** The field that the endpoint must be meant for, and its value. */
  readonly field: string;
  readonly value: Secret;
  readonly headers?: Readonly<Record<string, Secret>>;
}

/** Once, on a connection of its own. Throws `Terminal` where the account does not allow it, `Transient` when the signal aborts. */
export async function askOrigin(question: OriginQuestion, signal: AbortSignal): Promise<OriginTold> {
  const { account, clock, probe, field, value, headers = {} } = question;
  const endpoint = endpointOf(account, probe, field);
  if (!fitsHeader(value.reveal())) {
    return nothing("ValueNotSendable", "The value has a blank or a line break that no header can carry.");
  }
  // Neither the account's headers, which are for the API, nor its budget, which is Cloudflare's and not the origin's.
  await using http = openHttp({
    vendor: VENDOR,
    baseUrl: endpoint.url,
    headers: () => ({}),
    clock,
    reach: reachOf(endpoint),
    connections: 1,
    timeoutMs: endpoint.timeoutMs,
    maxBodyBytes: 16 * 1024,
    oversized: "cut",
    retryAfterCapMs: 120_000,
  });
  const { header, prefix = "" } = endpoint.send;
  const sent = { ...headers, [header]: Secret.from(`${prefix}${value.reveal()}`), "cache-control": "no-cache" };
  try {
    const request = { method: endpoint.method, path: path``, headers: sent, effect: "none", accept: "any" } as const;
    return judged(endpoint, await http.send(request, signal));
  } catch (error) {
    if (!(error instanceof Transient) || signal.aborted) throw error;
    return nothing(error.reason, `Endpoint \`${probe}\` gave no answer: ${error.message}`, error.retryAfterMs);
  }
}

type SendingEndpoint = CheckEndpoint & { readonly send: NonNullable<CheckEndpoint["send"]> };

function endpointOf(account: Account, probe: string, field: string): SendingEndpoint {
  const endpoint = account.endpoints.find(({ name }) => name === probe);
  if (endpoint === undefined) {
    throw refusal(probe, {
      reason: "ProbeEndpointMissing",
      message: `The VendorAccount has no endpoint named \`${probe}\`.`,
      remedy: "Add it to the VendorAccount's endpoints, or correct `probe` in the Credential.",
    });
  }
  if (endpoint.send?.field !== field) {
    throw refusal(probe, {
      reason: "ProbeEndpointNotMeant",
      message: `Endpoint \`${probe}\` is not to be sent the field \`${field}\`.`,
      remedy: `Set \`send: {field: ${field}, header: …}\` in the VendorAccount's endpoint, if it is meant for this.`,
    });
  }
  if (URL.parse(endpoint.url)?.protocol !== "https:" && !endpoint.allowPrivate) {
    throw refusal(probe, {
      reason: "EndpointInsecure",
      message: `Endpoint \`${probe}\` is plain http.`,
      remedy: "Use https. Plain http is for loopback and private addresses, with `allowPrivate: true`.",
    });
  }
  return { ...endpoint, send: endpoint.send };
}

function refusal(probe: string, text: ErrorText): Terminal {
  return new Terminal(text, { vendor: VENDOR, operation: `probe ${probe}` });
}

/** Plain http carries a credential in the clear, so it goes to private addresses only. */
function reachOf({ allowPrivate, url }: CheckEndpoint): "any" | "public" | "private" {
  if (!allowPrivate) return "public";
  return URL.parse(url)?.protocol === "https:" ? "any" : "private";
}

interface Answered {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  header(name: string): string | undefined;
  text(): string;
}

/** A page of Cloudflare's firewall says nothing of the credential. */
const FIREWALL = /\berror(\s+code)?:?\s*(<[^>]*>\s*)*1\d{3}\b/i;

function judged(endpoint: CheckEndpoint, answer: Answered): OriginTold {
  const { status } = answer;
  const to = answer.header("location");
  if (status >= 300 && status < 400 && to !== undefined) return { told: "redirected", to };
  if (status === 401 || status === 403) return refusedBy(endpoint, answer);
  if (status >= 200 && status < 300 && endpoint.expectStatus.includes(status)) return { told: "passed" };
  return noVerdict(endpoint, answer);
}

function refusedBy({ name }: CheckEndpoint, answer: Answered): OriginTold {
  const isFirewall = answer.header("cf-mitigated") !== undefined || FIREWALL.test(answer.text());
  if (!isFirewall) return { told: "refused", status: answer.status };
  return nothing("EdgeAnswered", `Cloudflare's firewall answered for endpoint \`${name}\`; let Velvet pass it.`);
}

function noVerdict({ name }: CheckEndpoint, { status, retryAfterMs }: Answered): OriginTold {
  const message = `Endpoint \`${name}\` answered ${status}, which says nothing of the credential.`;
  if (status === 429) return nothing("RateLimited", message, retryAfterMs);
  return nothing(status >= 500 ? "ConsumerUnavailable" : "StatusUnexpected", message, retryAfterMs);
}

function nothing(reason: string, message: string, retryAfterMs?: number): OriginTold {
  return { told: "nothing", reason, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
