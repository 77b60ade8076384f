import { heroku } from "../../../adapters/heroku/heroku.ts";
import { openHeroku } from "../../../adapters/heroku/emulator.ts";
import { accountAt, issued, kept, part, plugged } from "./parts.ts";
import type { EmulatedSetup, IssuerPlug, PlugOptions, SinkPlug } from "./plug.ts";

const APP = "orders-production";

async function openWorld({ now, clock }: PlugOptions) {
  const vendor = await openHeroku({ now });
  const own = vendor.authorize({ description: "velvet's own" });
  const config = { dataEndpoint: vendor.dataUrl };
  return { vendor, own, connection: heroku.connect(accountAt(vendor.url, { token: own.token }, { config }), clock) };
}

async function openAuthorization(options: PlugOptions): Promise<IssuerPlug> {
  const { vendor, own, connection } = await openWorld(options);
  const original = vendor.authorize({ description: "orders" });
  return {
    ...plugged(vendor, connection, [vendor]),
    issuer: part(connection.issuer?.({ authorization: { scope: ["global"] } })),
    originalId: original.id,
    keys: () =>
      vendor
        .keys()
        .filter(({ id }) => id !== own.id)
        .map(({ id, token, description, worksFrom }) => ({
          id,
          value: { value: token },
          live: worksFrom <= options.now(),
          ...(description.startsWith("velvet/") ? { marker: description } : {}),
        })),
  };
}

async function openApp(options: PlugOptions): Promise<SinkPlug> {
  const { vendor, connection } = await openWorld(options);
  vendor.makeApp(APP);
  return {
    ...plugged(vendor, connection, [vendor]),
    sink: part(connection.sink?.({ app: APP })),
    values: () => vendor.peek(APP),
    plant: (values) => {
      vendor.plant(APP, values);
      vendor.changeApp(APP, { releaseMs: 20_000, restartMs: 5_000, bootMs: 5_000 });
    },
  };
}

export const HEROKU: Readonly<Record<string, EmulatedSetup>> = {
  "heroku-authorization/1x": issued({ mintClass: "re-readable", revocation: "immediate" }, openAuthorization),
  "heroku-config/1x": kept({ sink: "settling" }, openApp),
};
