/** A replica's way to the vendor: whoever stands still sends nothing, and gets its answers when it goes on. */
import type { Adapter, Check, Connection, Issuer, Sink } from "../../../adapters/contract.ts";

/**
 * What a call changes that cannot be taken back when it lands too late. A conditional write lands only where the version has not moved
 * since.
 */
export type Lasting = { readonly mint: true } | { readonly place: string; readonly conditional: boolean };

/** Called around each call; may replace its signal. */
export type Carry = <T>(
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
  lasting?: Lasting,
) => Promise<T>;

export function throughReplica(adapter: Adapter, carry: Carry): Adapter {
  return {
    ...adapter,
    connect: (account, clock) => {
      const connection = adapter.connect(account, clock);
      const reached: Connection = {
        probe: async (signal) => carry(signal, async (own) => connection.probe(own)),
        issuer: (config) => issuerThrough(made(connection.issuer?.(config)), carry),
        sink: (config) => sinkThrough(made(connection.sink?.(config)), carry, adapter.targets("sink", config)["path"]),
        check: (endpoint) => checkThrough(made(connection.check?.(endpoint)), carry),
        [Symbol.asyncDispose]: async () => connection[Symbol.asyncDispose](),
      };
      return reached;
    },
  };
}

function made<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the fake has every role");
  return part;
}

function issuerThrough(issuer: Issuer, carry: Carry): Issuer {
  const [read, moveGrace, restore, usage] = [
    issuer.read?.bind(issuer),
    issuer.moveGrace?.bind(issuer),
    issuer.restore?.bind(issuer),
    issuer.usage?.bind(issuer),
  ];
  return {
    ...issuer,
    list: async (signal) => carry(signal, async (own) => issuer.list(own)),
    verify: async (value, signal) => carry(signal, async (own) => issuer.verify(value, own)),
    identify: async (value, signal) => carry(signal, async (own) => issuer.identify(value, own)),
    mint: async (order, signal) => carry(signal, async (own) => issuer.mint(order, own), { mint: true }),
    revoke: async (id, signal, value) => carry(signal, async (own) => issuer.revoke(id, own, value)),
    destroy: async (id, signal) => carry(signal, async (own) => issuer.destroy(id, own)),
    ...(read ? { read: async (id, signal) => carry(signal, async (own) => read(id, own)) } : {}),
    ...(moveGrace
      ? { moveGrace: async (id, until, signal) => carry(signal, async (own) => moveGrace(id, until, own)) }
      : {}),
    ...(restore ? { restore: async (id, signal) => carry(signal, async (own) => restore(id, own)) } : {}),
    ...(usage ? { usage: async (id, signal) => carry(signal, async (own) => usage(id, own)) } : {}),
  };
}

function sinkThrough(sink: Sink, carry: Carry, target = ""): Sink {
  const lasting = { place: target, conditional: sink.traits.conditional };
  const shadows = sink.shadows?.bind(sink);
  return {
    ...sink,
    observe: async (keys, signal) => carry(signal, async (own) => sink.observe(keys, own)),
    write: async (order, signal) => carry(signal, async (own) => sink.write(order, own), lasting),
    settle: async (written, signal) => carry(signal, async (own) => sink.settle(written, own)),
    ...(shadows ? { shadows: async (keys, signal) => carry(signal, async (own) => shadows(keys, own)) } : {}),
  };
}

function checkThrough(check: Check, carry: Carry): Check {
  return { ...check, run: async (value, signal) => carry(signal, async (own) => check.run(value, own)) };
}
