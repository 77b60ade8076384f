/** What each kind of credential promises. `account` is left out where only the manifest is at hand. Pure. */
import type { CloudflareAccount, CloudflareIssuer } from "../../crds/kinds.gen.ts";
import type { IssuerTraits } from "../contract.ts";

export type TokenBlock = NonNullable<CloudflareIssuer["userToken"]>;
export type AccessBlock = NonNullable<CloudflareIssuer["accessServiceToken"]>;

export const VALUE = "value";
export const CLIENT_ID = "clientId";
export const CLIENT_SECRET = "clientSecret";

export function traitsOf(block: CloudflareIssuer, account: CloudflareAccount = {}): IssuerTraits {
  if (block.accessServiceToken !== undefined) return accessTraits(account);
  const { userTokenQuota = 50, accountTokenQuota = 500 } = account;
  const rolls = (block.accountToken ?? block.userToken)?.roll === true;
  const quota = block.accountToken === undefined ? userTokenQuota : accountTokenQuota;
  return {
    // A roll needs no place beside the token in use.
    ...(rolls ? { mintClass: "roll-in-place" } : { mintClass: "markable", maxLive: quota }),
    fields: [VALUE],
    publicFields: [],
    breaksWhenMixed: false,
    authority: "vendor",
    negativeControl: true,
    propagation: propagation(account),
    revocation: "quarantine",
  };
}

function accessTraits(account: CloudflareAccount): IssuerTraits {
  return {
    mintClass: "native-grace",
    graceKeeps: "last",
    fields: [CLIENT_SECRET, CLIENT_ID],
    publicFields: [CLIENT_ID],
    breaksWhenMixed: true,
    authority: "vendor",
    negativeControl: true,
    propagation: propagation(account),
    revocation: "immediate",
  };
}

function propagation({ propagationSeconds = 30 }: CloudflareAccount): IssuerTraits["propagation"] {
  return { windowMs: propagationSeconds * 1000, everyMs: 2_000 };
}
