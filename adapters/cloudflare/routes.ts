/** Tokens of users and of accounts live at different places, and each place knows only its own. */
import { Terminal } from "../errors.ts";
import type { Path } from "../http-path.ts";
import { path } from "../http-path.ts";
import type { Account } from "./api.ts";
import { VENDOR } from "./api.ts";

export type TokenKind = "user" | "account";

export interface TokenRoutes {
  readonly kind: TokenKind;
  /** As the dashboard calls it. */
  readonly permission: string;
  readonly all: Path;
  readonly verify: Path;
  readonly one: (id: string) => Path;
  readonly value: (id: string) => Path;
}

const OF_USER: TokenRoutes = {
  kind: "user",
  permission: "User: API Tokens: Edit",
  all: path`/user/tokens`,
  verify: path`/user/tokens/verify`,
  one: (id) => path`/user/tokens/${id}`,
  value: (id) => path`/user/tokens/${id}/value`,
};

export function routesOf(account: Account, kind: TokenKind): TokenRoutes {
  if (kind === "user") return OF_USER;
  const accountId = accountIdOf(account);
  return {
    kind,
    permission: "Account: API Tokens: Edit",
    all: path`/accounts/${accountId}/tokens`,
    verify: path`/accounts/${accountId}/tokens/verify`,
    one: (id) => path`/accounts/${accountId}/tokens/${id}`,
    value: (id) => path`/accounts/${accountId}/tokens/${id}/value`,
  };
}

/** Throws `Terminal` `CloudflareAccountIdMissing`. */
export function accountIdOf(account: Account): string {
  const { accountId } = account.config;
  if (accountId !== undefined) return accountId;
  throw new Terminal(
    {
      reason: "CloudflareAccountIdMissing",
      message: "The VendorAccount does not say which Cloudflare account is meant.",
      remedy: "Set `cloudflare.accountId` in the VendorAccount.",
    },
    { vendor: VENDOR, operation: "read the account" },
  );
}
