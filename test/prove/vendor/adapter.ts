/** The adapter named `fake`: a thin layer over one function that carries calls, to the same process or to another. */
import type {
  Adapter,
  Check,
  CheckEndpoint,
  CheckResult,
  Connection,
  Detection,
  Health,
  IssuedKey,
  Issuer,
  Observed,
  Residual,
  Settled,
  Shadow,
  Sink,
  Usage,
  Verdict,
  Written,
  WriteOrder,
} from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import { Secret } from "../../../adapters/secret.ts";
import type { Setup } from "../api.ts";
import type { WireMint, WireMinted } from "./issuers/issuer.ts";
import type { Fields } from "./places.ts";
import { mutate, propose } from "./propose.ts";
import { isPublic, issuerTraitsOf, kindOf, sinkTraitsOf } from "./shape.ts";
import type { WireObserved } from "./sinks.ts";
import type { Args, Invoke } from "./wire.ts";
import { unwrap } from "./wire.ts";

const ROLES = ["issuer", "sink", "check"] as const;

type Ask = <T>(method: string, args: Args, signal: AbortSignal) => Promise<T>;

/** `by`: the name of the replica that this adapter sends for. */
export function remoteAdapter(setup: Setup, invoke: Invoke, by: () => string = () => ""): Adapter {
  const ask: Ask = async <T>(method: string, args: Args, signal: AbortSignal) =>
    unwrap(await invoke(method, { ...args, by: by() }, signal)) as T;
  return {
    name: "fake",
    roles: ROLES,
    endpoint: "none",
    targets: (_role, config) => ({ path: wholePathOf(config) }),
    issuerTraits: () => issuerTraitsOf(setup),
    sinkTraits: (config) => sinkTraitsOf(kindOf(setup, pathOf(config))),
    connect: (): Connection => ({
      probe: async (signal) => ask<Health>("account.probe", {}, signal),
      issuer: () => issuerOf(setup, ask),
      sink: (config) => sinkOf(setup, ask, pathOf(config)),
      check: (endpoint) => checkOf(ask, endpoint),
      async [Symbol.asyncDispose]() {},
    }),
  };
}

/** Where many vendors share one ledger each one's places stand in a folder of its own. */
function pathOf(config: unknown): string {
  const path = wholePathOf(config);
  return path.slice(path.lastIndexOf("/") + 1);
}

function wholePathOf(config: unknown): string {
  return (config as { readonly path?: string }).path ?? "issuer";
}

function issuerOf(setup: Setup, ask: Ask): Issuer {
  const traits = issuerTraitsOf(setup);
  const readable =
    traits.mintClass === "re-readable" || traits.mintClass === "vendor-distributed" || setup.detects === true;
  return {
    traits,
    list: async (signal) => ask<readonly IssuedKey[]>("issuer.list", {}, signal),
    verify: async (value, signal) => ask<Verdict>("issuer.verify", { value: textOf(value) }, signal),
    mutate,
    identify: async (value, signal) => ask<string | undefined>("issuer.identify", { value: textOf(value) }, signal),
    complete: (value) => value,
    mint: async (order, signal) => {
      const { proposed, ...rest } = order;
      const wire: WireMint = { ...rest, ...(proposed ? { proposed: textOf(proposed) } : {}) };
      const minted = await ask<WireMinted>("issuer.mint", { order: wire }, signal);
      return { ...minted, value: secretOf(minted.value) };
    },
    revoke: async (id, signal, value) =>
      ask<readonly Residual[]>("issuer.revoke", { id, ...(value ? { value: textOf(value) } : {}) }, signal),
    instructions: { mint: BY_HAND, revoke: BY_HAND },
    ...(setup.detects ? { detect: async (before, signal) => ask<Detection>("issuer.detect", { before }, signal) } : {}),
    destroy: async (id, signal) => ask<readonly Residual[]>("issuer.destroy", { id }, signal),
    usage: async (id, signal) => ask<Usage>("issuer.usage", { id }, signal),
    ...(traits.mintClass === "client-supplied" ? { propose: proposeWith(setup, ask) } : {}),
    ...(readable ? { read: async (id, signal) => secretOf(await ask<Fields>("issuer.read", { id }, signal)) } : {}),
    ...(traits.mintClass === "native-grace"
      ? { moveGrace: async (id, until, signal) => ask<void>("issuer.moveGrace", { id, until }, signal) }
      : {}),
    ...(traits.revocation === "quarantine"
      ? { restore: async (id, signal) => ask<void>("issuer.restore", { id }, signal) }
      : {}),
  };
}

const BY_HAND = { text: "In its dashboard.", link: "https://vendor.example/tokens", expectedMs: 600_000 };

/** The vendor's keeper of canaries hears of a value before the vendor does: it may never be sent. */
function proposeWith(setup: Setup, ask: Ask): NonNullable<Issuer["propose"]> {
  return (order) => {
    const value = propose(setup, order);
    const values = Object.entries(textOf(value)).flatMap(([field, text]) => (isPublic(field) ? [] : [text]));
    // A proposal cannot wait; that nobody heard it is no harm.
    void ask("vendor.proposed", { values }, new AbortController().signal).catch(() => undefined);
    return value;
  };
}

function sinkOf(setup: Setup, ask: Ask, target: string): Sink {
  return {
    traits: sinkTraitsOf(kindOf(setup, target)),
    observe: async (keys, signal): Promise<Observed> => {
      const seen = await ask<WireObserved>("sink.observe", { target, keys }, signal);
      const shown = Object.entries(seen.keys).map(([name, { present, value }]) => {
        return [name, value === undefined ? { present } : { present, value: Secret.from(value) }] as const;
      });
      return { ...seen, keys: Object.fromEntries(shown) };
    },
    write: async (order, signal) => ask<Written>("sink.write", { target, order: wireOrder(order) }, signal),
    settle: async (written, signal) => ask<Settled>("sink.settle", { target, written }, signal),
    ...(kindOf(setup, target) === "cas"
      ? {
          shadows: async (keys, signal) =>
            ask<Readonly<Record<string, Shadow>>>("sink.shadows", { target, keys }, signal),
        }
      : {}),
  };
}

function wireOrder({ keys, ifVersion }: WriteOrder): object {
  const texts = Object.entries(keys).map(([name, secret]) => [name, secret?.reveal() ?? null] as const);
  return { keys: Object.fromEntries(texts), ...(ifVersion === undefined ? {} : { ifVersion }) };
}

function checkOf(ask: Ask, { name, proves }: CheckEndpoint): Check {
  return {
    proves,
    run: async (value, signal) => ask<CheckResult>("check.run", { endpoint: name, value: textOf(value) }, signal),
  };
}

function textOf(value: SecretFields): Fields {
  return Object.fromEntries(Object.entries(value).map(([field, secret]) => [field, secret.reveal()]));
}

function secretOf(fields: Fields): SecretFields {
  return Object.fromEntries(Object.entries(fields).map(([field, text]) => [field, Secret.from(text)]));
}
