/** An emulated API server with a clock that tests move, and the adapter opened on it. */
import type { AccountHandle, Clock, Connection, Sink } from "../contract.ts";
import { Terminal } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { KubernetesEmulator } from "./emulator.ts";
import { openKubernetes, TOKEN } from "./emulator.ts";
import { kubernetes } from "./kubernetes.ts";

export const never: AbortSignal = new AbortController().signal;
export const BLOCK = { namespace: "orders", secret: "orders-app" };

export interface World extends AsyncDisposable {
  readonly time: Clock & { ms: number };
  readonly vendor: KubernetesEmulator;
  connect(more?: Partial<AccountHandle>): Connection;
  sink(block?: object, restart?: object): Sink;
}

/** Every emulator that was opened, so that a file can say at its end that nothing strayed. */
export const opened: KubernetesEmulator[] = [];

export async function newWorld(): Promise<World> {
  const time = { ms: Date.UTC(2026, 10, 27), now: () => new Date(time.ms), monotonicMs: () => time.ms };
  const vendor = await openKubernetes({ now: () => time.ms });
  opened.push(vendor);
  const connections: Connection[] = [];
  const connect = (more: Partial<AccountHandle> = {}): Connection => {
    const connection = kubernetes.connect(accountOf(vendor.url, more), time);
    connections.push(connection);
    return connection;
  };
  return {
    time,
    vendor,
    connect,
    sink: (block = {}, restart) => given(connect().sink?.({ ...BLOCK, ...block }, restart)),
    async [Symbol.asyncDispose]() {
      for (const connection of connections) await connection[Symbol.asyncDispose]();
      await vendor[Symbol.asyncDispose]();
    },
  };
}

export function accountOf(endpoint: string, more: Partial<AccountHandle> = {}): AccountHandle {
  return {
    name: "cluster",
    generation: 1,
    endpoint,
    config: { timeout: "2s" },
    endpoints: [],
    secret: (name) => {
      if (name === "token") return Secret.from(TOKEN);
      throw new Terminal(
        { reason: "AccountSecretMissing", message: "gone" },
        { vendor: "kubernetes", operation: "auth" },
      );
    },
    headers: () => ({}),
    ...more,
  };
}

export function given<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error("the adapter has no such role");
  return thing;
}

export function keys(values: Readonly<Record<string, string | null>>) {
  const entries = Object.entries(values).map(
    ([name, text]) => [name, text === null ? null : Secret.from(text)] as const,
  );
  return { keys: Object.fromEntries(entries) };
}
