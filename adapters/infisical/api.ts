/** One request to Infisical, and what its answer says. Nothing of a body goes on but the parts that are asked for by name. */
import type { InfisicalAccount } from "../../crds/kinds.gen.ts";
import type { Clock } from "../contract.ts";
import type { TypedAccount } from "../define.ts";
import type { AdapterError, ErrorFacts } from "../errors.ts";
import { OutcomeUnknown, Terminal } from "../errors.ts";
import type { Effect } from "../http-outcome.ts";
import { ofStatus } from "../http-outcome.ts";
import type { Path } from "../http-path.ts";
import type { HttpAnswer } from "../http.ts";
import { openHttp } from "../http.ts";
import { Secret } from "../secret.ts";

export type InfisicalAccountHandle = TypedAccount<InfisicalAccount>;

export interface Ask {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: Path;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly effect: Effect;
}

/** An answer of any status. */
export interface Told {
  readonly ask: Ask;
  readonly status: number;
  readonly body: unknown;
  /** Infisical's own name of the error: `TokenError`, `PermissionDenied`. Undefined where somebody else answered. */
  readonly code: string | undefined;
  /** Infisical's own sentence, to be recognised and never shown. */
  readonly sentence: string;
  readonly retryAfterMs: number | undefined;
  readonly remaining: number | undefined;
  readonly facts: ErrorFacts;
}

export interface Api extends AsyncDisposable {
  /** Sends once. Throws only where there was no answer. */
  send(ask: Ask, signal: AbortSignal, token?: Secret): Promise<Told>;
}

const VENDOR = "infisical";
const CLOUD = "https://app.infisical.com";

export function openApi(account: InfisicalAccountHandle, clock: Clock): Api {
  const http = openHttp({
    vendor: VENDOR,
    baseUrl: account.endpoint ?? CLOUD,
    headers: () => account.headers(),
    clock,
    budget: account.budget,
    timeoutMs: (account.config.timeoutSeconds ?? 15) * 1000,
  });
  return {
    send: async (ask, signal, token) => {
      const headers = token === undefined ? {} : { authorization: Secret.from(`Bearer ${token.reveal()}`) };
      return toldBy(ask, await http.send({ ...ask, headers, accept: "any" }, signal));
    },
    [Symbol.asyncDispose]: async () => http[Symbol.asyncDispose](),
  };
}

function toldBy(ask: Ask, answer: HttpAnswer): Told {
  const { status } = answer;
  const body = isYes(status) ? answer.json() : parsed(answer.text());
  const code = textAt(body, "error");
  const requestId = textAt(body, "reqId");
  const sentence = textAt(body, "message") ?? "";
  return {
    ask,
    status,
    body,
    code,
    sentence,
    retryAfterMs: answer.retryAfterMs ?? secondsIn(sentence),
    remaining: countOf(answer.header("x-ratelimit-remaining")),
    facts: {
      ...factsOf(ask),
      status,
      ...(code === undefined ? {} : { code }),
      ...(requestId === undefined ? {} : { requestId }),
    },
  };
}

export function factsOf({ method, path }: Pick<Ask, "method" | "path">): ErrorFacts {
  return { vendor: VENDOR, operation: `${method} ${path.pattern}` };
}

export function isYes(status: number): boolean {
  return status >= 200 && status < 300;
}

/** The answer itself where it is a yes; else throws what it means. */
export function yes(told: Told): Told {
  if (isYes(told.status)) return told;
  throw refusal(told);
}

export function refusal(told: Told): AdapterError {
  const { status, facts, ask, retryAfterMs } = told;
  if (status === 403 && told.code === "PermissionDenied") return new Terminal(forbidden(told.sentence), facts);
  if (isRouteMissing(told)) return new Terminal(ROUTE_MISSING, facts);
  return ofStatus(status, ask.effect, facts, retryAfterMs);
}

const ROUTE_MISSING = {
  reason: "InstanceTooOld",
  message: "This Infisical does not have the route that Velvet asked for.",
  remedy: "Update the instance, or correct the VendorAccount's endpoint: it is the address without /api.",
};

/** A yes that lacks something. */
export function notUnderstood(told: Told): Terminal | OutcomeUnknown {
  const text = {
    reason: "AnswerNotUnderstood",
    message: "Infisical's answer lacks what Velvet needs of it.",
    remedy: "Report the version of the instance; Velvet does not know what it answers.",
  };
  return told.ask.effect === "none" ? new Terminal(text, told.facts) : new OutcomeUnknown(text, told.facts);
}

/** The sentence names an action and a kind of thing, in words of Infisical's own. */
function forbidden(sentence: string) {
  const [, action, subject] = /^You are not allowed to ([a-z-]{1,40}) on ([a-z-]{1,40})$/i.exec(sentence) ?? [];
  const what = action === undefined ? "this operation" : `${action} on ${subject ?? ""}`;
  return {
    reason: "AccountForbidden",
    message: `Infisical accepted the account's credential but does not allow it ${what}.`,
    remedy: "Give the VendorAccount's identity the permission that the adapter's readme names.",
  };
}

/** The JWT is over, malformed or taken back: the one 401 and the one 403 that another login mends. */
export function isTokenOver({ status, code }: Told): boolean {
  return code !== undefined && (status === 401 || (status === 403 && code === "TokenError"));
}

/** Infisical knows no such thing. A page of a proxy that stands before it says nothing of that. */
export function isNotFound({ status, code }: Told): boolean {
  return status === 404 && code !== undefined && code !== "Not Found";
}

/** As `isNotFound`, and in the words of instances from before 2025. */
export function isPlaceMissing(told: Told): boolean {
  return isNotFound(told) || (told.status === 400 && /folder not\s+found/i.test(told.sentence));
}

/** The web server's own answer, before any of Infisical's code. */
export function isRouteMissing({ status, code, sentence }: Told): boolean {
  return status === 404 && code === "Not Found" && sentence.startsWith("Route ");
}

function secondsIn(sentence: string): number | undefined {
  const seconds = /\b(\d{1,5}) seconds?\b/.exec(sentence)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What stands there, whatever it is. */
export function at(value: unknown, ...names: readonly string[]): unknown {
  let here = value;
  for (const name of names) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, name)) return undefined;
    here = (here as Record<string, unknown>)[name];
  }
  return here;
}

export function textAt(value: unknown, ...names: readonly string[]): string | undefined {
  const found = at(value, ...names);
  return typeof found === "string" ? found : undefined;
}

/** Infisical writes some numbers as text. */
export function numberAt(value: unknown, ...names: readonly string[]): number | undefined {
  const found = at(value, ...names);
  const number = typeof found === "string" && found !== "" ? Number(found) : found;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

export function listAt(value: unknown, ...names: readonly string[]): readonly unknown[] | undefined {
  const found = at(value, ...names);
  return Array.isArray(found) ? found : undefined;
}
