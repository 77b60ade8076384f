/** An emulated Heroku with a clock that tests move, and the adapter opened on it. */
import type { AccountHandle, Clock, Connection, Issuer, Sink } from "../contract.ts";
import { Terminal } from "../errors.ts";
import { Secret } from "../secret.ts";
import { type HerokuEmulator, type HerokuOptions, openHeroku } from "./emulator.ts";
import { heroku } from "./heroku.ts";

export const never: AbortSignal = new AbortController().signal;
export const APP = "orders-production";
export const DATABASE = "postgresql-sunny-1234";

export interface Time extends Clock {
  ms: number;
}

export function newTime(): Time {
  const time = {
    ms: Date.UTC(2026, 10, 27),
    now: () => new Date(time.ms),
    monotonicMs: () => time.ms,
  };
  return time;
}

export interface Account {
  readonly url: string;
  readonly dataUrl?: string;
  readonly token: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly budget?: AccountHandle["budget"];
}

export function connect(account: Account, clock: Clock): Connection {
  const { url, dataUrl, token, config, budget } = account;
  return heroku.connect(
    {
      name: "heroku",
      generation: 1,
      endpoint: url,
      config: { timeout: "1s", ...(dataUrl === undefined ? {} : { dataEndpoint: dataUrl }), ...config },
      endpoints: [],
      secret: (name) => {
        if (name === "token") return Secret.from(token);
        throw new Terminal(
          { reason: "AccountSecretMissing", message: "gone" },
          { vendor: "heroku", operation: "auth" },
        );
      },
      headers: () => ({}),
      ...(budget === undefined ? {} : { budget }),
    },
    clock,
  );
}

export interface World extends AsyncDisposable {
  readonly time: Time;
  readonly vendor: HerokuEmulator;
  /** Of the account: scope `global`. */
  readonly token: string;
  readonly connect: (more?: Partial<Account>) => Connection;
  readonly issuer: (block: unknown, more?: Partial<Account>) => Issuer;
  readonly sink: (app?: string, more?: Partial<Account>) => Sink;
}

/** Every emulator that was opened, so that a file can say at its end that nothing strayed. */
export const opened: HerokuEmulator[] = [];

export async function newWorld(options: HerokuOptions = {}): Promise<World> {
  const time = newTime();
  const vendor = await openHeroku({ now: () => time.ms, ...options });
  opened.push(vendor);
  const { token } = vendor.authorize({ description: "velvet's own" });
  vendor.makeApp(APP);
  const connections: Connection[] = [];
  const open = (more: Partial<Account> = {}) => {
    const connection = connect({ url: vendor.url, dataUrl: vendor.dataUrl, token, ...more }, time);
    connections.push(connection);
    return connection;
  };
  return {
    time,
    vendor,
    token,
    connect: open,
    issuer: (block, more) => given(open(more).issuer?.(block)),
    sink: (app = APP, more) => given(open(more).sink?.({ app })),
    async [Symbol.asyncDispose]() {
      for (const connection of connections) await connection[Symbol.asyncDispose]();
      await vendor[Symbol.asyncDispose]();
    },
  };
}

export function given<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error("the adapter has no such role");
  return thing;
}

export function secret(value: string) {
  return { value: Secret.from(value) };
}
