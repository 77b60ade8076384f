/** What the tests of this folder work on: an emulated Postmark with one server, and the adapter that asks it. */
import type { PostmarkAccount, PostmarkIssuer } from "../../crds/kinds.gen.ts";
import { behaving } from "../conformance/wire.ts";
import type { AccountHandle, Connection, Issuer } from "../contract.ts";
import { Terminal } from "../errors.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { openPostmark, type PostmarkEmulator, type PostmarkOptions } from "./emulator.ts";
import { postmark } from "./postmark.ts";

export const SERVER = 1_234_567;
export const never = new AbortController().signal;

export interface World extends AsyncDisposable {
  readonly vendor: PostmarkEmulator;
  /** The server's first token. */
  readonly first: string;
  readonly time: { ms: number };
  connect(config?: PostmarkAccount, token?: string): Connection;
  issuer(block?: Partial<PostmarkIssuer>, config?: PostmarkAccount, token?: string): Issuer;
}

export async function newWorld(options: PostmarkOptions = {}): Promise<World> {
  const time = { ms: Date.now() };
  const vendor = await openPostmark({ now: () => time.ms, ...options });
  const first = vendor.addServer(SERVER);
  const connect: World["connect"] = (config = {}, token = vendor.accountToken) => connectTo(vendor.url, config, token);
  return {
    vendor,
    first,
    time,
    connect,
    issuer: (block = {}, config = {}, token = vendor.accountToken) => issuerOf(connect(config, token), block),
    [Symbol.asyncDispose]: async () => vendor[Symbol.asyncDispose](),
  };
}

function connectTo(endpoint: string, config: PostmarkAccount, token: string): Connection {
  const account: AccountHandle = {
    name: "postmark",
    generation: 1,
    endpoint,
    config,
    endpoints: [],
    secret: () => {
      if (token !== "") return Secret.from(token);
      throw new Terminal(
        { reason: "AccountSecretMissing", message: "none" },
        { vendor: "velvet", operation: "secret" },
      );
    },
    headers: () => ({}),
  };
  return postmark.connect(account, { now: () => new Date(), monotonicMs: () => performance.now() });
}

function issuerOf(connection: Connection, block: Partial<PostmarkIssuer>): Issuer {
  const issuer = connection.issuer?.({ serverId: SERVER, ...block });
  if (!issuer) throw new Error("the adapter issues nothing");
  return issuer;
}

export function valueOf(text: string): SecretFields {
  return { value: Secret.from(text) };
}

/** A vendor that takes connections and never answers. */
export async function silentIssuer(): Promise<Issuer & AsyncDisposable> {
  const server = await behaving(() => undefined);
  const connection = connectTo(server.url, { timeoutSeconds: 1 }, "an-account-token");
  return {
    ...issuerOf(connection, {}),
    [Symbol.asyncDispose]: async () => {
      await connection[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
