import { CLIENT_ID, openPlaid } from "../../../adapters/manual/emulator-plaid.ts";
import { openSentry, ORGANIZATION } from "../../../adapters/manual/emulator-sentry.ts";
import type { HandEmulator } from "../../../adapters/manual/emulator.ts";
import { manual } from "../../../adapters/manual/manual.ts";
import type { ManualIssuer } from "../../../crds/kinds.gen.ts";
import { accountAt, issued, part, plugged } from "./parts.ts";
import type { EmulatedSetup, IssuerPlug, PlugOptions } from "./plug.ts";

/** Whoever makes one knows what he called it; the vendor tells nobody. Nothing that the adapter asks changes anything. */
async function openHand({ clock }: PlugOptions, block: ManualIssuer, open: Promise<HandEmulator>): Promise<IssuerPlug> {
  const vendor = await open;
  const connection = manual.connect(accountAt(vendor.url, {}), clock);
  const made = new Map<string, string>();
  const make = (): string => {
    const id = `made-by-hand-${made.size + 1}`;
    made.set(id, vendor.make());
    return id;
  };
  return {
    ...plugged(vendor, connection, [vendor], () => false),
    issuer: part(connection.issuer?.(block)),
    originalId: make(),
    keys: () =>
      [...made]
        .filter(([, value]) => vendor.isAccepted(value))
        .map(([id, value]) => ({ id, value: { value }, live: true })),
    mintByHand: make,
    revokeByHand: (id) => vendor.end(made.get(id) ?? ""),
  };
}

const BY_HAND = { mintClass: "manual", revocation: "manual", namedBy: "ledger" } as const;

/** One that answers with a status, and one whose body alone tells. TaxCloud, Slack and FreeScout end the old one as they make another. */
export const MADE_BY_HAND: Readonly<Record<string, EmulatedSetup>> = {
  "manual-plaid/1x": issued(BY_HAND, async (options) =>
    openHand(options, { plaid: { clientId: CLIENT_ID } }, openPlaid({ now: options.now, most: 20 })),
  ),
  "manual-sentry/1x": issued(BY_HAND, async (options) =>
    openHand(options, { sentry: { organization: ORGANIZATION } }, openSentry({ now: options.now })),
  ),
};
