/** Which secret of a service token is meant: `<token id>@<client secret version>`. */
import type { KeyId } from "../contract.ts";
import { Terminal } from "../errors.ts";
import type { ServiceToken, ServiceTokens } from "./access-api.ts";
import { VENDOR } from "./api.ts";
import type { AccessBlock } from "./traits.ts";

export function idOf(tokenId: string, version: number): KeyId {
  return `${tokenId}@${version}`;
}

/** The version that an id is of. Throws `Terminal` where it is of another token: an id comes from the ledger, and the block may have changed. */
export function versionIn({ tokenId }: AccessBlock, id: KeyId): number {
  const version = /^[^@]+@(\d{1,9})$/.exec(id)?.[1];
  if (id.startsWith(`${tokenId}@`) && version !== undefined) return Number(version);
  throw new Terminal(
    {
      reason: "ApiTokenNotConfigured",
      message: `The id ${id} is not of the service token ${tokenId}.`,
      remedy: "Set the issuer's tokenId back, or end it by hand and say so with MarkRevoked.",
    },
    { vendor: VENDOR, operation: "end a secret" },
  );
}

/** True while the secret before the newest one lives on. */
export function hasPrevious({ previousUntil }: ServiceToken, now: Date): boolean {
  return previousUntil !== undefined && Date.parse(previousUntil) > now.getTime();
}

/** Throws `Terminal` `TargetGone`. */
export async function currentOf(
  { block, tokens }: { readonly block: AccessBlock; readonly tokens: ServiceTokens },
  signal: AbortSignal,
): Promise<ServiceToken> {
  const token = await tokens.get(block.tokenId, signal);
  if (token !== undefined) return token;
  throw new Terminal(
    {
      reason: "TargetGone",
      message: `Cloudflare has no service token ${block.tokenId}.`,
      remedy: "Make one, let the Access policies accept it, and name its id in the Credential.",
    },
    { vendor: VENDOR, operation: "read a service token" },
  );
}
