/** A vendor of which every question is one request: what is measured is the asking, and all that stands around it. */
import type { Adapter, Issuer, IssuerTraits, Sink, SinkTraits } from "../adapters/contract.ts";
import { path } from "../adapters/http-path.ts";
import { type Http, openHttp } from "../adapters/http.ts";
import { Secret } from "../adapters/secret.ts";

/** At once of one replica; looks take half of what the account may have. */
export const AT_ONCE = 32;
export const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
const TRAITS: IssuerTraits = {
  mintClass: "client-supplied",
  fields: ["value"],
  publicFields: [],
  breaksWhenMixed: false,
  authority: "vendor",
  negativeControl: true,
  propagation: { windowMs: 1_000, everyMs: 50 },
  revocation: "immediate",
};
const SINK: SinkTraits = { grade: "value", atomic: true, conditional: false };
/** In a pass, for each Credential beside its consumers: custody, the list, the probe. */
export const OTHER_REQUESTS = 3;

export function valueOf(credential: string): Secret {
  return Secret.from(`the-value-of-${credential}`);
}

export const QUESTION = { method: "GET", path: path`/look`, effect: "none" } as const;

/** The client as it is with nothing around it. */
export function alone(port: number): Http {
  return openHttp({
    vendor: "fake",
    baseUrl: `http://127.0.0.1:${port}`,
    headers: () => ({}),
    clock,
    connections: AT_ONCE,
  });
}

export function benchAdapter(port: number): Adapter {
  const never = async (): Promise<never> => Promise.reject(new Error("a look changes nothing"));
  return {
    name: "fake",
    roles: ["issuer", "sink"],
    endpoint: "none",
    targets: () => ({}),
    issuerTraits: () => TRAITS,
    sinkTraits: () => SINK,
    connect: ({ budget }) => {
      const http = openHttp({
        vendor: "fake",
        baseUrl: `http://127.0.0.1:${port}`,
        headers: () => ({}),
        clock,
        connections: AT_ONCE,
        budget,
      });
      const ask = async (signal: AbortSignal): Promise<void> => void (await http.send(QUESTION, signal));
      const issuer: Issuer = {
        traits: TRAITS,
        list: async (signal) => ask(signal).then(() => [{ id: "current", enabled: true }]),
        verify: async (_, signal) => ask(signal).then(() => ({ liveness: "alive", reason: "Accepted", message: "" })),
        mutate: (value) => value,
        identify: async () => undefined,
        complete: (value) => value,
        mint: never,
        revoke: never,
        destroy: never,
      };
      const sinkAt = (credential: string): Sink => ({
        traits: SINK,
        observe: async (_, signal) =>
          ask(signal).then(() => ({ keys: { TOKEN: { present: true, value: valueOf(credential) } } })),
        write: never,
        settle: async () => ({ state: "settled" }),
      });
      return {
        probe: async () => ({ ready: true, reason: "Ready", message: "" }),
        issuer: () => issuer,
        sink: (config) => sinkAt((config as { path: string }).path.split("/")[0] ?? ""),
        [Symbol.asyncDispose]: async () => http[Symbol.asyncDispose](),
      };
    },
  };
}
