/** Any other vendor: one of the account's endpoints is shown the credential, and its status tells. */
import type { ManualIssuer } from "../../crds/kinds.gen.ts";
import type { AccountHandle, CheckEndpoint } from "../contract.ts";
import { Terminal } from "../errors.ts";
import { path } from "../http-path.ts";
import { Secret } from "../secret.ts";
import { accepted, endsOldWhere, NAME, rejected, saysNothing, traitsWith, type Vendor } from "./vendor.ts";

export function endpoint(block: NonNullable<ManualIssuer["endpoint"]>): Vendor {
  const { name, fields = ["value"], endsOld = false, locksOut = false } = block;
  return {
    traits: traitsWith(
      { windowMs: 60_000, everyMs: 10_000 },
      { fields, breaksWhenMixed: fields.length > 1, negativeControl: !locksOut, ...endsOldWhere(endsOld) },
    ),
    targets: { vendor: "endpoint", endpoint: name },
    request: (value, account) => {
      const { method, send } = endpointOf(account, name);
      const secret = value[send.field] ?? Secret.from("");
      return {
        method,
        path: path``,
        effect: "none",
        accept: "any",
        headers: { [send.header]: Secret.from(`${send.prefix ?? ""}${secret.reveal()}`) },
      };
    },
    judge: (answer, _, account) => {
      if (endpointOf(account, name).expectStatus.includes(answer.status)) return accepted("The endpoint");
      return answer.status === 401 || answer.status === 403 ? rejected("The endpoint") : saysNothing(answer);
    },
  };
}

/** Over plain http a credential goes to private addresses only, and only where the account allows them. */
function secure(found: CheckEndpoint): CheckEndpoint {
  if (URL.parse(found.url)?.protocol === "https:" || found.allowPrivate) return found;
  throw new Terminal(
    {
      reason: "EndpointInsecure",
      message: `The endpoint ${found.name} is no https URL.`,
      remedy: "Use https. Plain http is for loopback and private addresses, with `allowPrivate: true`.",
    },
    { vendor: NAME, operation: "verify" },
  );
}

/** Throws `Terminal` where the account has no such endpoint, or none that is shown the credential. */
export function endpointOf(
  { name: account, endpoints }: AccountHandle,
  name: string,
): CheckEndpoint & { readonly send: NonNullable<CheckEndpoint["send"]> } {
  const found = endpoints.find((each) => each.name === name);
  if (found?.send) return { ...secure(found), send: found.send };
  throw new Terminal(
    {
      reason: "EndpointUnknown",
      message: found
        ? `The endpoint ${name} of ${account} is not sent the credential, so that it cannot tell whether that works.`
        : `The account ${account} has no endpoint ${name}.`,
      remedy: "Add it to the VendorAccount's `endpoints`, with `send`.",
    },
    { vendor: NAME, operation: "verify" },
  );
}
