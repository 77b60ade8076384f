/** Cloudflare's API with the account's own token: one envelope around every answer, and refusals that name the permission. */
import type { CloudflareAccount } from "../../crds/kinds.gen.ts";
import type { Clock } from "../contract.ts";
import type { TypedAccount } from "../define.ts";
import type { ErrorFacts } from "../errors.ts";
import { Terminal } from "../errors.ts";
import type { Effect } from "../http-outcome.ts";
import type { Path } from "../http-path.ts";
import type { Http, HttpRequest } from "../http.ts";
import { openHttp } from "../http.ts";
import { Secret } from "../secret.ts";
import type { Envelope } from "./answer.ts";
import { envelopeOf, notUnderstood } from "./answer.ts";

export const VENDOR = "cloudflare";
const PUBLIC_URL = "https://api.cloudflare.com/client/v4";
const READ_SECONDS = 5;

/** How long one request that only reads may take. */
export function readMs({ config }: Account): number {
  return (config.timeoutSeconds ?? READ_SECONDS) * 1_000;
}

export type Account = TypedAccount<CloudflareAccount>;

export interface ApiRequest {
  readonly method: HttpRequest["method"];
  readonly path: Path;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Another JSON than `application/json`. */
  readonly type?: string;
  readonly effect: Effect;
  /** As the dashboard calls it, for whoever has to grant it. */
  readonly permission: string;
}

export interface Api extends AsyncDisposable {
  /** The answer's envelope; undefined for a 404. Throws what `http-outcome.ts` rules. */
  ask(request: ApiRequest, signal: AbortSignal): Promise<(Envelope & { readonly facts: ErrorFacts }) | undefined>;
}

/** Without the `authorization` header: whoever sends says with whose token. */
export function httpOf(account: Account, clock: Clock, connections = 8): Http {
  return openHttp({
    vendor: VENDOR,
    baseUrl: account.endpoint ?? PUBLIC_URL,
    headers: () => account.headers(),
    clock,
    budget: account.budget,
    connections,
    // A page of tokens names every zone that each of them may be used for.
    maxBodyBytes: 8 * 1024 * 1024,
    errorCode: (body) => envelopeOf(body)?.codes.map(String)[0],
  });
}

export function bearer(token: Secret): Readonly<Record<string, Secret>> {
  return { authorization: Secret.from(`Bearer ${token.reveal()}`) };
}

/** Opens nothing yet. */
export function openApi(account: Account, clock: Clock): Api {
  const http = httpOf(account, clock);
  return {
    async ask(request, signal) {
      const { method, path, query, json, type, effect, permission } = request;
      const facts = { vendor: VENDOR, operation: `${method} ${path.pattern}` };
      const answer = await explained(permission, async () =>
        http.send(
          {
            method,
            path,
            effect,
            ...(query === undefined ? {} : { query }),
            ...(type === undefined ? { json } : { body: JSON.stringify(json) }),
            headers: { ...bearer(account.secret("token")), ...(type === undefined ? {} : { "content-type": type }) },
            accept: [404],
            ...(effect === "none" ? { timeoutMs: readMs(account) } : {}),
          },
          signal,
        ),
      );
      const requestId = answer.header("cf-ray");
      const known = { ...facts, status: answer.status, ...(requestId === undefined ? {} : { requestId }) };
      const envelope = envelopeOf(answer.json());
      if (envelope === undefined) throw notUnderstood(known, effect, "the form that its API has");
      if (answer.status === 404) return absent(envelope, known);
      if (!envelope.success) throw notUnderstood(known, effect, "a yes, though its status is one");
      return { ...envelope, facts: known };
    },
    [Symbol.asyncDispose]: async () => http[Symbol.asyncDispose](),
  };
}

/** Not the object that is missing but the way to it: the endpoint is not Cloudflare's, or the account's id is wrong. */
const NO_ROUTE = new Set([7000, 7003]);

function absent({ codes }: Envelope, facts: ErrorFacts): undefined {
  const code = codes.find((each) => NO_ROUTE.has(each));
  if (code === undefined) return undefined;
  throw new Terminal(
    {
      reason: "RequestRefused",
      message: "Cloudflare knows no such way: the account's id or the endpoint is wrong.",
      remedy: "Correct `accountId` and `endpoint` in the VendorAccount.",
    },
    { ...facts, code: String(code) },
  );
}

async function explained<T>(permission: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Terminal ? explanation(error, permission) : error;
  }
}

/** Wrong tokens and missing permissions share a code, so both are named. */
function explanation(error: Terminal, permission: string): Terminal {
  const { status, code } = error.facts;
  if (code === "6003" || code === "6111") {
    return new Terminal(
      {
        reason: "AccountUnauthorized",
        message: "Cloudflare says that the account's token has not the form of one.",
        remedy: "Put the token alone into the VendorAccount's `auth` entry `token`.",
      },
      error.facts,
    );
  }
  if (status !== 403) return error;
  return new Terminal(
    {
      reason: "AccountForbidden",
      message: `Cloudflare refuses this to the account's token: it lacks \`${permission}\`, or is no longer valid.`,
      remedy: `Give the VendorAccount's token the permission \`${permission}\`.`,
    },
    error.facts,
  );
}
