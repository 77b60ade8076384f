/** Velvet's own token of the account's App installation: one at a time, kept in memory, made again before it ends. */
import type { Clock } from "../contract.ts";
import { type AdapterError, Terminal, Transient } from "../errors.ts";
import { path } from "../http-path.ts";
import type { HttpAnswer } from "../http.ts";
import { Secret } from "../secret.ts";
import type { Ask } from "./client.ts";
import { objectOf, vendorTime } from "./refusal.ts";
import type { AppLogin } from "./settings.ts";

export interface Session {
  readonly token: Secret;
  /** What the installation may do: `{ secrets: "write" }`. */
  readonly permissions: Readonly<Record<string, unknown>>;
  readonly bornMs: number;
  readonly endsMs: number;
}

export interface App {
  session(signal: AbortSignal): Promise<Session>;
  /** What a 401 to this token means. */
  refused(token: Secret, error: AdapterError): AdapterError;
  /** Ends the token, as far as GitHub can be reached now. */
  close(): Promise<void>;
}

export interface AppDeps {
  readonly login: AppLogin;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly askAsApp: (ask: Ask, signal: AbortSignal) => Promise<HttpAnswer>;
  readonly askAs: (bearer: Secret, ask: Ask, signal: AbortSignal) => Promise<HttpAnswer>;
}

/** Nothing is begun with a token that ends sooner than this. */
const MARGIN_MS = 300_000;
/** So young a token may not be known everywhere at GitHub. */
const YOUNG_MS = 10_000;

export function openApp(deps: AppDeps): App {
  let held: Session | undefined;
  let making: Promise<Session> | undefined;
  const now = (): number => deps.clock.monotonicMs();
  const make = async (): Promise<Session> => {
    try {
      return (held = await sessionOf(deps));
    } finally {
      making = undefined;
    }
  };
  return {
    async session(signal) {
      if (held && now() < held.endsMs - MARGIN_MS) return held;
      if (signal.aborted) throw aborted();
      return unlessAborted((making ??= make()), signal);
    },
    refused(token, { facts }) {
      // A young one is waited for; making another would only be younger still.
      if (held?.token === token && now() > held.bornMs + YOUNG_MS) held = undefined;
      return new Transient(REFUSED, facts, 1_000);
    },
    async close() {
      const last = held;
      held = undefined;
      if (!last || now() > last.endsMs) return;
      const ask: Ask = { method: "DELETE", path: path`/installation/token`, effect: "repeatable" };
      await deps.askAs(last.token, ask, AbortSignal.timeout(5_000)).catch(ignoreFailure);
    },
  };
}

const REFUSED = {
  reason: "AppTokenRefused",
  message: "GitHub refuses the token that the App was given: it has ended, or is not known everywhere yet.",
};

async function sessionOf({ login, clock, timeoutMs, askAsApp }: AppDeps): Promise<Session> {
  const id = String(login.installationId);
  const ask: Ask = {
    method: "POST",
    path: path`/app/installations/${id}/access_tokens`,
    // Velvet's own: one whose answer is lost is nobody's, and ends within the hour.
    effect: "none",
    means: INSTALLATION_REFUSALS,
  };
  // On its own time: several may wait for it, and one who gives up takes it from nobody.
  const answer = await askAsApp(ask, AbortSignal.timeout(timeoutMs * 2));
  const body = objectOf(answer);
  const { token, expires_at: end, permissions } = body;
  const lifeMs = typeof end === "string" ? Date.parse(end) - vendorTime(answer, clock.now()) : Number.NaN;
  if (typeof token !== "string" || Number.isNaN(lifeMs)) throw notUnderstood();
  const bornMs = clock.monotonicMs();
  const may = typeof permissions === "object" && permissions !== null ? { ...permissions } : {};
  return { token: Secret.from(token), permissions: may, bornMs, endsMs: bornMs + lifeMs };
}

/** For everything that is asked of an installation in the App's own name. */
export const INSTALLATION_REFUSALS = {
  401: {
    reason: "AppUnauthorized",
    message: "GitHub does not know the App by this key.",
    remedy: "Check appId and privateKey, and that the controller's clock is right to the minute.",
  },
  404: {
    reason: "InstallationGone",
    message: "The App has no such installation.",
    remedy: "Install the App again, or correct installationId.",
  },
} as const;

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(aborted());
  signal.addEventListener("abort", onAbort, { once: true });
  // Where everybody has given up, nobody is left to be told.
  work.catch(ignoreFailure);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function ignoreFailure(): void {}

const FACTS = { vendor: "github", operation: "POST /app/installations/{}/access_tokens" };

function aborted(): Transient {
  return new Transient({ reason: "Aborted", message: "Velvet stopped the request before it was sent." }, FACTS);
}

function notUnderstood(): Terminal {
  const remedy = "Check that the VendorAccount's endpoint is GitHub's API.";
  return new Terminal({ reason: "AnswerNotUnderstood", message: "GitHub's answer holds no token.", remedy }, FACTS);
}
