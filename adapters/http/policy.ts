import type { CheckEndpoint } from "../contract.ts";
import type { ErrorText } from "../errors.ts";
import type { Reach } from "../http-guard.ts";
import { literalRefused } from "../http-guard.ts";

/**
 * Where an endpoint's probe may connect to. Plain http carries a credential in the clear, so it goes to private addresses only, and
 * only where the account allows them.
 */
export function reachOf(endpoint: CheckEndpoint): Reach {
  if (!endpoint.allowPrivate) return "public";
  return URL.parse(endpoint.url)?.protocol === "http:" ? "private" : "any";
}

/** Why this endpoint is never asked, or undefined where it may be. Looks at the URL only; names are judged when they resolve. Pure. */
export function refusalOf(endpoint: CheckEndpoint): ErrorText | undefined {
  const url = URL.parse(endpoint.url);
  if (url === null || !["https:", "http:"].includes(url.protocol) || url.username + url.password + url.hash !== "") {
    return {
      reason: "EndpointInvalid",
      message: `The URL of endpoint \`${endpoint.name}\` is no plain http(s) URL.`,
      remedy: "Correct the VendorAccount; a URL holds neither user, password nor fragment.",
    };
  }
  if (url.protocol === "http:" && !endpoint.allowPrivate) {
    return {
      reason: "EndpointInsecure",
      message: `Endpoint \`${endpoint.name}\` is plain http.`,
      remedy: "Use https. Plain http is for loopback and private addresses, with `allowPrivate: true`.",
    };
  }
  return literalRefused(url.hostname, reachOf(endpoint)) ? addressRefused(endpoint, url) : undefined;
}

/** The guard's refusal, in the words of a check. */
export function addressRefused(endpoint: CheckEndpoint, url: URL | null = URL.parse(endpoint.url)): ErrorText {
  const plain = url?.protocol === "http:";
  return {
    reason: "AddressRefused",
    message: `The address of endpoint \`${endpoint.name}\` is one that this account may not connect to.`,
    remedy: plain
      ? "Plain http reaches loopback and private addresses only: use https."
      : "Set `allowPrivate: true` for a private address; link-local and metadata addresses are never allowed.",
  };
}
