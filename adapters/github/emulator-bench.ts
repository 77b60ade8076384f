/** Velvet's adapter connected to an emulated GitHub, with one clock for both. */
import { behaving } from "../conformance/wire.ts";
import type { AccountHandle, Budget, Clock, Connection, Issuer, Sink } from "../contract.ts";
import { Secret } from "../secret.ts";
import {
  APP_ID,
  APP_KEY,
  type GitHubEmulator,
  type GitHubOptions,
  INSTALLATION_ID,
  openGitHubEmulator,
} from "./emulator.ts";
import { github } from "./github.ts";

export const APP = { appId: APP_ID, installationId: INSTALLATION_ID };

export interface Login {
  readonly config?: object;
  readonly endpoint?: string;
  readonly auth?: Readonly<Record<string, string>>;
  readonly budget?: Budget;
}

export interface World extends AsyncDisposable {
  readonly vendor: GitHubEmulator;
  /** Moves by one second whenever the emulator looks at it, because GitHub's dates have no fraction. */
  readonly time: { ms: number; stepMs: number };
  readonly clock: Clock;
  connect(login?: Login): Connection;
  issuer(block: object, login?: Login): Issuer;
  sink(block: object, login?: Login): Sink;
}

export const AS_APP: Login = { config: { app: APP }, auth: { privateKey: APP_KEY } };

/** As the App, unless it says otherwise. */
export async function newWorld(options: GitHubOptions = {}): Promise<World> {
  const time = { ms: Date.parse("2026-11-27T08:00:00Z"), stepMs: 1_000 };
  const vendor = await openGitHubEmulator({ now: () => (time.ms += time.stepMs), ...options });
  const clock: Clock = { now: () => new Date(time.ms), monotonicMs: () => time.ms };
  const connections: Connection[] = [];
  const connect = (login: Login = AS_APP): Connection => {
    const connection = github.connect(handleOf(`${vendor.url}${options.prefix ?? ""}`, login), clock);
    connections.push(connection);
    return connection;
  };
  return {
    vendor,
    time,
    clock,
    connect,
    issuer: (block, login) => issuerOf(connect(login), block),
    sink: (block, login) => sinkOf(connect(login), block),
    async [Symbol.asyncDispose]() {
      for (const connection of connections) await connection[Symbol.asyncDispose]();
      await vendor[Symbol.asyncDispose]();
    },
  };
}

export function handleOf(url: string, { config = {}, endpoint = url, auth = {}, budget }: Login): AccountHandle {
  return {
    name: "acme-github",
    generation: 1,
    endpoint,
    config: { timeoutSeconds: 1, ...config },
    endpoints: [],
    secret: (name) => Secret.from(auth[name] ?? ""),
    headers: () => ({}),
    ...(budget ? { budget } : {}),
  };
}

export function issuerOf(connection: Connection, block: object): Issuer {
  const issuer = connection.issuer?.(block);
  if (!issuer) throw new Error("github is an issuer");
  return issuer;
}

export function sinkOf(connection: Connection, block: object): Sink {
  const sink = connection.sink?.(block);
  if (!sink) throw new Error("github is a sink");
  return sink;
}

/** The same configuration with a GitHub that takes connections and never answers. */
export async function silentIssuer(world: World, block: object, login: Login): Promise<Issuer & AsyncDisposable> {
  const silent = await behaving((socket) => socket.resume());
  const connection = world.connect({ ...login, endpoint: silent.url });
  return {
    ...issuerOf(connection, block),
    async [Symbol.asyncDispose]() {
      await silent[Symbol.asyncDispose]();
    },
  };
}

/** What was told to it, to look at. */
export function recordingBudget(): Budget & { readonly taken: string[]; readonly blocked: number[] } {
  const [taken, blocked]: [string[], number[]] = [[], []];
  return {
    taken,
    blocked,
    enter: async ({ operation }) => {
      taken.push(operation);
      return { [Symbol.dispose]: () => undefined };
    },
    block: (ms) => void blocked.push(ms),
  };
}
