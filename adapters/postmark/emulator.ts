/**
 * Postmark, as far as server tokens go: two kinds of tokens, a server that shows its own in the clear, and a dashboard that only a person
 * can click in. Written from the vendor's contract.
 */
import { randomUUID } from "node:crypto";
import { type Call, type Emulator, openEmulator, type Reply, type Route } from "../emulator/emulator.ts";

export interface PostmarkOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** How long a new token is refused. */
  readonly delayMs?: number;
  readonly maxTokens?: number;
}

interface Token {
  readonly value: string;
  readonly acceptedFrom: number;
}

interface Server {
  readonly name: string;
  tokens: Token[];
}

export interface PostmarkEmulator extends Emulator {
  readonly accountToken: string;
  /** A server with one token, that is accepted at once. */
  addServer(id: number, name?: string): string;
  /** A person clicks in the dashboard: the new token. Throws where the server has as many as it may. */
  generate(id: number): string;
  /** A person deletes one in the dashboard. */
  remove(id: number, value: string): void;
  /** What the server has, in the order in which it was made. */
  tokens(id: number): readonly string[];
  isAccepted(value: string): boolean;
}

const OTHER_WORDS = "No Account or Server API tokens were supplied in the HTTP headers.";
const NO_SERVER_TOKEN = "Request does not contain a valid Server token.";

export async function openPostmark(options: PostmarkOptions = {}): Promise<PostmarkEmulator> {
  const { now = Date.now, delayMs = 0, maxTokens = 3 } = options;
  const servers = new Map<number, Server>();
  const accountToken = randomUUID();
  const emulator = await openEmulator({
    now,
    routes: routesOf(servers, accountToken, now),
    unknown: () => ({ status: 404 }),
  });
  const serverOf = (id: number): Server => {
    const found = servers.get(id);
    if (!found) throw new Error(`there is no server ${id}`);
    return found;
  };
  return {
    ...emulator,
    accountToken,
    addServer: (id, name = `server ${id}`) => {
      const value = randomUUID();
      servers.set(id, { name, tokens: [{ value, acceptedFrom: 0 }] });
      return value;
    },
    generate: (id) => {
      const { tokens } = serverOf(id);
      if (tokens.length >= maxTokens) throw new Error("the dashboard offers no more tokens");
      const value = randomUUID();
      tokens.push({ value, acceptedFrom: now() + delayMs });
      return value;
    },
    remove: (id, value) => {
      const server = serverOf(id);
      server.tokens = server.tokens.filter((token) => token.value !== value);
    },
    tokens: (id) => serverOf(id).tokens.map(({ value }) => value),
    isAccepted: (value) => ownerOf(servers, value, now()) !== undefined,
  };
}

function routesOf(servers: Map<number, Server>, accountToken: string, now: () => number): Route[] {
  const asAccount = (call: Call, work: () => Reply): Reply =>
    header(call, "x-postmark-account-token") === accountToken.toLowerCase() ? work() : refused(OTHER_WORDS);
  return [
    {
      method: "GET",
      pattern: "/server",
      handle: (call) => {
        const found = ownerOf(servers, header(call, "x-postmark-server-token"), now());
        return found ? { status: 200, body: shown(...found) } : refused(NO_SERVER_TOKEN);
      },
    },
    {
      method: "GET",
      pattern: "/servers",
      handle: (call) =>
        asAccount(call, () => {
          const all = [...servers].map(([id, server]) => shown(id, server));
          const from = Number(call.query.get("offset") ?? 0);
          const page = all.slice(from, from + Number(call.query.get("count") ?? 0));
          return { status: 200, body: { TotalCount: all.length, Servers: page } };
        }),
    },
    {
      method: "GET",
      pattern: "/servers/{id}",
      handle: (call) =>
        asAccount(call, () => {
          const id = Number(call.params["id"]);
          const server = servers.get(id);
          return server ? { status: 200, body: shown(id, server) } : UNKNOWN;
        }),
    },
  ];
}

const UNKNOWN: Reply = { status: 404, body: { ErrorCode: 602, Message: "This server was not found." } };

/** The words beside the code vary. */
function refused(message: string): Reply {
  return { status: 401, body: { ErrorCode: 10, Message: message } };
}

/** Values are compared without regard to case, as header names are. */
function header({ headers }: Call, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? (value[0] ?? "") : (value ?? "")).toLowerCase();
}

function ownerOf(servers: Map<number, Server>, value: string, now: number): [number, Server] | undefined {
  return [...servers].find(([, { tokens }]) =>
    tokens.some((token) => token.value === value.toLowerCase() && token.acceptedFrom <= now),
  );
}

function shown(id: number, { name, tokens }: Server): object {
  return {
    ID: id,
    Name: name,
    ApiTokens: tokens.map(({ value }) => value),
    ServerLink: `https://account.postmarkapp.com/servers/${id}/streams`,
    Color: "red",
    SmtpApiActivated: true,
    RawEmailEnabled: false,
    DeliveryType: "Live",
  };
}
