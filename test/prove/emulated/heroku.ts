import { heroku } from "../../../adapters/heroku/heroku.ts";
import { openHeroku } from "../../../adapters/heroku/emulator.ts";
import { idOf } from "../../../adapters/heroku/credential.ts";
import { Secret } from "../../../adapters/secret.ts";
import { accountAt, issued, kept, part, plugged } from "./parts.ts";
import type { EmulatedSetup, HeldKey, IssuerPlug, PlugOptions, Plugs, SinkPlug } from "./plug.ts";

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

const DATABASE = "postgresql-sunny-1234";
const LOGIN = "orders";
/** As Velvet names the one field that the consumer holds. */
const URL_VAR = "TOKEN_URL";

/** Heroku writes its own app, so that issuer and consumer are plugged in together. */
async function openDatabase(options: PlugOptions): Promise<Plugs> {
  const { vendor, connection } = await openWorld(options);
  vendor.makeApp(APP);
  vendor.makeDatabase(DATABASE, { credentials: [LOGIN] }, [{ app: APP, key: URL_VAR, credential: LOGIN }]);
  const data: IssuerPlug["emulators"][number] = {
    set: (trap) => vendor.setData(trap),
    elapse: () => vendor.elapse(),
    nextMoment: () => vendor.nextMoment(),
  };
  const issuer = part(connection.issuer?.({ postgres: { addon: DATABASE, credential: LOGIN } }));
  const generations = new Map<string, HeldKey>();
  const [original] = await issuer.list(new AbortController().signal);
  if (!original) throw new Error("the emulator made no login");
  const keys = (): readonly HeldKey[] => {
    vendor.elapse();
    return vendor.logins(DATABASE, LOGIN).flatMap(({ password, state }) => {
      if (state === "active" && !generations.has(password)) {
        const value = { url: vendor.databaseUrl(DATABASE, LOGIN) };
        generations.set(password, {
          id: idOf({ addon: DATABASE, name: LOGIN }, Secret.from(password)),
          value,
          live: true,
        });
      }
      return generations.get(password) ?? [];
    });
  };
  return {
    issuer: { ...plugged(vendor, connection, [data]), issuer, originalId: original.id, keys },
    sinks: {
      app: {
        ...plugged(vendor, connection, [vendor]),
        sink: part(connection.sink?.({ app: APP })),
        values: () => vendor.peek(APP),
        plant: () => undefined,
      },
    },
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await vendor[Symbol.asyncDispose]();
    },
  };
}

const DISTRIBUTED: EmulatedSetup = {
  setup: {
    mintClass: "vendor-distributed",
    revocation: "immediate",
    fields: ["url"],
    consumers: [{ id: "app", sink: "readable" }],
  },
  open: openDatabase,
};

export const HEROKU: Readonly<Record<string, EmulatedSetup>> = {
  "heroku-authorization/1x": issued({ mintClass: "re-readable", revocation: "immediate" }, openAuthorization),
  "heroku-postgres/1x": DISTRIBUTED,
  "heroku-config/1x": kept({ sink: "settling" }, openApp),
};
