/** What the plugs of all vendors share. */
import type { AccountHandle, Connection } from "../../../adapters/contract.ts";
import { Secret } from "../../../adapters/secret.ts";
import type { Setup } from "../api.ts";
import { slotPath } from "../vendor/shape.ts";
import type { EmulatedSetup, IssuerPlug, PlugOptions, SinkPlug } from "./plug.ts";

/** What an adapter's connection must have. */
export function part<T>(found: T | undefined): T {
  if (found === undefined) throw new Error("the adapter has no such role");
  return found;
}

/** What every plug of a vendor has. By default whatever does not only read changes something. */
export function plugged(
  vendor: AsyncDisposable,
  connection: Connection,
  emulators: IssuerPlug["emulators"],
  changes: IssuerPlug["changes"] = ({ method }) => method !== "GET",
): Pick<IssuerPlug, "emulators" | "changes"> & AsyncDisposable {
  return {
    emulators,
    changes,
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await vendor[Symbol.asyncDispose]();
    },
  };
}

/** An account of Velvet's at an emulator. */
export function accountAt(
  endpoint: string,
  auth: Readonly<Record<string, string>>,
  more: Partial<AccountHandle> = {},
): AccountHandle {
  return {
    name: "vendor",
    generation: 1,
    endpoint,
    config: {},
    endpoints: [],
    secret: (name) => Secret.from(auth[name] ?? ""),
    headers: () => ({}),
    ...more,
  };
}

/** A real issuer, and one consumer of the fake. */
export function issued(
  setup: Omit<Setup, "consumers">,
  open: (options: PlugOptions) => Promise<IssuerPlug>,
): EmulatedSetup {
  return {
    setup: { ...setup, consumers: [{ id: "app", sink: "cas" }] },
    open: async (options) => {
      const issuer = await open(options);
      return { issuer, [Symbol.asyncDispose]: async () => issuer[Symbol.asyncDispose]() };
    },
  };
}

/** A real sink, and an issuer of the fake. */
export function kept(
  consumer: Omit<Setup["consumers"][number], "id">,
  open: (options: PlugOptions) => Promise<SinkPlug>,
  setup: Partial<Setup> = {},
): EmulatedSetup {
  return {
    setup: { mintClass: "client-supplied", ...setup, consumers: [{ id: "app", ...consumer }] },
    open: async (options) => {
      const app = await open(options);
      // A rehearsal's slot is such a place too, of another vendor: only the adapter is the same.
      const slot = options.rehearses ? await open(options) : undefined;
      return {
        sinks: { app, ...(slot ? { [slotPath("app")]: slot } : {}) },
        async [Symbol.asyncDispose]() {
          await app[Symbol.asyncDispose]();
          await slot?.[Symbol.asyncDispose]();
        },
      };
    },
  };
}
