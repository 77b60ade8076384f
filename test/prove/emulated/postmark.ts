import { openPostmark } from "../../../adapters/postmark/emulator.ts";
import { idOf } from "../../../adapters/postmark/api.ts";
import { postmark } from "../../../adapters/postmark/postmark.ts";
import { Secret } from "../../../adapters/secret.ts";
import { accountAt, issued, part, plugged } from "./parts.ts";
import type { EmulatedSetup, IssuerPlug, PlugOptions } from "./plug.ts";

const SERVER = 1_234_567;

/** A server with more room than a telling needs: people may click more than once. */
async function openServer({ now, clock }: PlugOptions): Promise<IssuerPlug> {
  const vendor = await openPostmark({ now, maxTokens: 20 });
  const original = vendor.addServer(SERVER);
  const connection = postmark.connect(accountAt(vendor.url, { accountToken: vendor.accountToken }), clock);
  const nameOf = (token: string): string => idOf(SERVER, Secret.from(token));
  return {
    ...plugged(vendor, connection, [vendor]),
    issuer: part(connection.issuer?.({ serverId: SERVER, maxTokens: 20 })),
    originalId: nameOf(original),
    keys: () =>
      vendor.tokens(SERVER).map((value) => ({ id: nameOf(value), value: { value }, live: vendor.isAccepted(value) })),
    mintByHand: () => nameOf(vendor.generate(SERVER)),
    revokeByHand: (id) => {
      for (const token of vendor.tokens(SERVER)) if (nameOf(token) === id) vendor.remove(SERVER, token);
    },
  };
}

export const POSTMARK: Readonly<Record<string, EmulatedSetup>> = {
  "postmark-server-token/1x": issued(
    { mintClass: "manual", revocation: "manual", detects: true, maxLive: 20 },
    openServer,
  ),
};
