/** The fake's adapter, with real ones where emulators are plugged in. */
import type { Adapter, Connection } from "../../../adapters/contract.ts";
import type { Plugs } from "./plug.ts";
import type { Remote } from "./remote.ts";

export function throughEmulators(fake: Adapter, plugs: Plugs | undefined, remote: Remote | undefined): Adapter {
  if (!plugs || !remote) return fake;
  const { issuer, sinks = {} } = plugs;
  const sinkOf = (config: unknown) => sinks[(config as { readonly path?: string }).path ?? ""];
  return {
    ...fake,
    ...(issuer ? { issuerTraits: () => issuer.issuer.traits } : {}),
    sinkTraits: (config) => sinkOf(config)?.sink.traits ?? traitsOf(fake, config),
    connect: (account, clock): Connection => {
      const connection = fake.connect(account, clock);
      return {
        ...connection,
        ...(issuer ? { issuer: () => remote.issuer(issuer) } : {}),
        sink: (config) => {
          const plug = sinkOf(config);
          const target = (config as { readonly path: string }).path;
          return plug ? remote.sink(plug, target) : made(connection.sink?.(config));
        },
        [Symbol.asyncDispose]: async () => connection[Symbol.asyncDispose](),
      };
    },
  };
}

function traitsOf(fake: Adapter, config: unknown) {
  return made(fake.sinkTraits?.(config));
}

function made<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the fake has every role");
  return part;
}
