/** Heroku's two APIs, each with the account's token in its own way. What both mean by a refusal is said once, here. */
import { durationMs } from "../duration.ts";
import type { HerokuAccount } from "../../crds/kinds.gen.ts";
import type { Clock } from "../contract.ts";
import type { TypedAccount } from "../define.ts";
import type { AdapterError, ErrorText } from "../errors.ts";
import { isAdapterError, OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import type { Path } from "../http-path.ts";
import type { Http, HttpAnswer, HttpRequest } from "../http.ts";
import { openHttp } from "../http.ts";
import { Secret } from "../secret.ts";
import { errorId, factsOf, type Fields, itemsOf, notUnderstood } from "./shapes.ts";

const PLATFORM = "https://api.heroku.com";
const DATA = "https://api.data.heroku.com";

/** The header without which the platform API answers 406. */
const ACCEPT = { accept: "application/vnd.heroku+json; version=3" };

/** Heroku documents no Retry-After; its bucket of 4500 requests is refilled with about 75 a minute. */
export const REST_MS = 60_000;

export type Use = NonNullable<HerokuAccount["uses"]>[number];

export interface Client extends AsyncDisposable {
  /** With the account's token, or with `token`. */
  platform(request: HttpRequest, signal: AbortSignal, token?: Secret): Promise<HttpAnswer>;
  /** The data API takes the token as the password of nobody. */
  data(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  token(): Secret;
  /** Throws `Terminal` `UseNotDeclared`. */
  require(use: Use): void;
  uses(use: Use): boolean;
}

export function openClient(account: TypedAccount<HerokuAccount>, clock: Clock): Client {
  const { config, endpoint, budget } = account;
  const shared = {
    vendor: "heroku",
    headers: () => account.headers(),
    clock,
    budget,
    timeoutMs: durationMs(config.timeout ?? "30s"),
    errorCode: errorId,
  };
  const platform = openHttp({ ...shared, baseUrl: endpoint ?? PLATFORM });
  const data = openHttp({ ...shared, baseUrl: dataUrl(endpoint, config.dataEndpoint) });
  const token = () => account.secret("token");
  const uses = (use: Use) => config.uses === undefined || config.uses.includes(use);
  return {
    platform: async (request, signal, own = token()) =>
      ask(platform, { ...request, headers: { ...ACCEPT, ...request.headers, authorization: bearer(own) } }, signal),
    data: async (request, signal) => {
      if (dataUrl(endpoint, config.dataEndpoint) === undefined) throw dataEndpointMissing();
      return ask(data, { ...request, headers: { ...request.headers, authorization: basic(token()) } }, signal);
    },
    token,
    uses,
    require: (use) => {
      if (!uses(use)) throw notDeclared(use);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([platform[Symbol.asyncDispose](), data[Symbol.asyncDispose]()]);
    },
  };
}

/** A token that is meant for another host never goes to Heroku's own, so the default holds only beside the default. */
function dataUrl(endpoint: string | undefined, dataEndpoint: string | undefined): string | undefined {
  return dataEndpoint ?? (endpoint === undefined || endpoint.replace(/\/+$/, "") === PLATFORM ? DATA : undefined);
}

function bearer(token: Secret): Secret {
  return Secret.from(`Bearer ${token.reveal().trim()}`);
}

function basic(token: Secret): Secret {
  return Secret.from(`Basic ${Buffer.from(`:${token.reveal().trim()}`, "utf8").toString("base64")}`);
}

async function ask(http: Http, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  try {
    return await http.send(request, signal);
  } catch (error) {
    throw isAdapterError(error) ? inHerokusWords(error) : error;
  }
}

/** 429 without a Retry-After still means a minute; a 403 or 402 can mean the person behind the token and not the token. */
function inHerokusWords(error: AdapterError): AdapterError {
  if (error instanceof Transient && error.facts.status === 429) {
    return new Transient(wordsOf(error), error.facts, error.retryAfterMs ?? REST_MS);
  }
  const text = REFUSALS[error.facts.code ?? ""];
  return error instanceof Terminal && text !== undefined ? new Terminal(text, error.facts) : error;
}

export const TWO_FACTOR: ErrorText = {
  reason: "TwoFactorAsked",
  message: "Heroku asks for a two-factor code, which only a person has.",
  remedy: "Give the VendorAccount a token of a machine user for whom this needs no second factor.",
};

export const ON_HOLD: ErrorText = {
  reason: "AccountOnHold",
  message: "Heroku has suspended the user, waits for a payment or wants the account verified.",
  remedy: "See Heroku's dashboard as this user.",
};

const REFUSALS: Readonly<Record<string, ErrorText>> = {
  two_factor: TWO_FACTOR,
  suspended: ON_HOLD,
  delinquent: ON_HOLD,
  verification_needed: ON_HOLD,
};

function notDeclared(use: Use): Terminal {
  return new Terminal(
    {
      reason: "UseNotDeclared",
      message: `The account is not declared for ${use}.`,
      remedy: `Add ${use} to the VendorAccount's heroku.uses, or name another account.`,
    },
    factsOf("open"),
  );
}

function dataEndpointMissing(): Terminal {
  return new Terminal(
    {
      reason: "EndpointInvalid",
      message: "The VendorAccount's endpoint is not Heroku's own, and it has no dataEndpoint.",
      remedy: "Set heroku.dataEndpoint in the VendorAccount.",
    },
    factsOf("open"),
  );
}

/** More pages than any account has; a server that never ends its list is not followed for ever. */
const MOST_PAGES = 100;

export interface Listing {
  readonly path: Path;
  /** `id ..; max=200`: order and size of the first page. */
  readonly range: string;
  /** Stops after the first page for which it says yes. */
  readonly enough?: (items: readonly Fields[]) => boolean;
}

/** Whole lists: 206 names the next page. Read again from the beginning where it fails. */
export async function readList(client: Client, listing: Listing, signal: AbortSignal): Promise<readonly Fields[]> {
  const { path, enough } = listing;
  const all: Fields[] = [];
  let range: string | undefined = listing.range;
  for (let page = 0; page < MOST_PAGES && range !== undefined; page += 1) {
    const answer: HttpAnswer = await client.platform({ method: "GET", path, headers: { range } }, signal);
    const items = itemsOf(answer.json());
    if (items === undefined) throw notUnderstood(`GET ${path.pattern}`);
    all.push(...items);
    const next = answer.status === 206 ? answer.header("next-range") : undefined;
    range = enough?.(items) === true || next === range ? undefined : next;
  }
  if (range !== undefined) throw notUnderstood(`GET ${path.pattern}`);
  return all;
}

/** What went wrong after a change was accepted is not known to be without effect. */
export function unknownAfter(error: unknown): unknown {
  return isAdapterError(error) ? new OutcomeUnknown(wordsOf(error), error.facts) : error;
}

export function wordsOf({ reason, message, remedy }: AdapterError): ErrorText {
  return { reason, message, ...(remedy === undefined ? {} : { remedy }) };
}
