/** Who asks GitHub what, and what its answers mean. */
import type { GithubAccount } from "../../crds/kinds.gen.ts";
import type { Clock } from "../contract.ts";
import type { TypedAccount } from "../define.ts";
import { isAdapterError, Terminal, Transient } from "../errors.ts";
import type { Effect } from "../http-outcome.ts";
import { type Http, type HttpAnswer, type HttpRequest, openHttp } from "../http.ts";
import { Secret } from "../secret.ts";
import { openApp, type Session } from "./app.ts";
import { appJwt } from "./jwt.ts";
import { refusalOf, type Refusals, restOf } from "./refusal.ts";
import { type Settings, settingsOf, VENDOR } from "./settings.ts";

export interface Ask extends Pick<HttpRequest, "method" | "path" | "query" | "json"> {
  readonly effect: Effect;
  /** Statuses beside 2xx that are answers here. A rate limit never is. */
  readonly accept?: readonly number[];
  readonly means?: Refusals;
}

export interface GitHub extends AsyncDisposable {
  readonly settings: Settings;
  readonly clock: Clock;
  /** As the account. */
  ask(ask: Ask, signal: AbortSignal): Promise<HttpAnswer>;
  /** As whoever holds this token, or as nobody. How often they may ask is not the account's concern. */
  askAs(bearer: Secret | "nobody", ask: Ask, signal: AbortSignal): Promise<HttpAnswer>;
  /** As the App itself, before any of its installations. Throws `Terminal` `AppNeeded` where the account is none. */
  askAsApp(ask: Ask, signal: AbortSignal): Promise<HttpAnswer>;
  /** Undefined where the account is no App. */
  session(signal: AbortSignal): Promise<Session | undefined>;
}

const PUBLIC = "https://api.github.com";

export function openGitHub(account: TypedAccount<GithubAccount>, clock: Clock): GitHub {
  const settings = settingsOf(account.config);
  const wire = wireOf(account, settings, clock);
  const askAsApp: GitHub["askAsApp"] = async (ask, signal) => {
    if (!settings.app) throw appNeeded(ask);
    return wire.own(appJwt(settings.app.appId, account.secret("privateKey"), clock.now()), ask, signal);
  };
  const app =
    settings.app && openApp({ login: settings.app, clock, timeoutMs: settings.timeoutMs, askAsApp, askAs: wire.guest });
  const ask: GitHub["ask"] = async (what, signal) => {
    const token = app ? (await app.session(signal)).token : account.secret("token");
    try {
      return await wire.own(token, what, signal);
    } catch (error) {
      if (app && isAdapterError(error) && error.facts.status === 401) throw app.refused(token, error);
      throw error;
    }
  };
  return {
    settings,
    clock,
    ask,
    askAs: wire.guest,
    askAsApp,
    session: async (signal) => app?.session(signal),
    async [Symbol.asyncDispose]() {
      await app?.close();
      await wire[Symbol.asyncDispose]();
    },
  };
}

type Send = (bearer: Secret | "nobody", ask: Ask, signal: AbortSignal) => Promise<HttpAnswer>;

interface Wire extends AsyncDisposable {
  readonly own: Send;
  readonly guest: Send;
}

/** Two clients: a limit of somebody else's token, or of nobody's, must not keep the account from asking. */
function wireOf(account: TypedAccount<GithubAccount>, settings: Settings, clock: Clock): Wire {
  const { budget } = account;
  const guestBudget = budget && { enter: budget.enter.bind(budget), block: () => undefined };
  const open = (share: typeof budget): Http =>
    openHttp({
      vendor: VENDOR,
      baseUrl: account.endpoint ?? PUBLIC,
      headers: () => account.headers(),
      clock,
      budget: share,
      timeoutMs: settings.timeoutMs,
    });
  const [own, guest] = [open(budget), open(guestBudget)];
  const sender =
    (http: Http, block?: (ms: number) => void): Send =>
    async (bearer, ask, signal) => {
      const answer = await http.send(requestOf(settings, bearer, ask), signal);
      const asked = { secondaryWaitMs: settings.secondaryWaitMs, now: clock.now() };
      const restMs = restOf(answer, asked);
      if (restMs !== undefined) block?.(restMs);
      else if (isAnswer(answer, ask)) return answer;
      const { effect, means = {} } = ask;
      throw refusalOf(answer, { ...asked, effect, means, operation: `${ask.method} ${ask.path.pattern}` });
    };
  return {
    own: sender(own, budget?.block.bind(budget)),
    guest: sender(guest),
    async [Symbol.asyncDispose]() {
      await own[Symbol.asyncDispose]();
      await guest[Symbol.asyncDispose]();
    },
  };
}

function isAnswer({ status }: HttpAnswer, { accept = [] }: Ask): boolean {
  return (status >= 200 && status < 300) || accept.includes(status);
}

function requestOf(settings: Settings, bearer: Secret | "nobody", ask: Ask): HttpRequest {
  const { method, path, query, json, effect } = ask;
  return {
    method,
    path,
    effect,
    ...(query === undefined ? {} : { query }),
    ...(json === undefined ? {} : { json }),
    accept: "any",
    headers: {
      accept: "application/vnd.github+json",
      "x-github-api-version": settings.apiVersion,
      ...(bearer === "nobody" ? {} : { authorization: authorization(bearer, ask) }),
    },
  };
}

/** Without a token GitHub answers as to anybody, which would pass for a yes. */
function authorization(bearer: Secret, ask: Ask): Secret {
  const token = bearer.reveal().trim();
  if (token !== "") return Secret.from(`Bearer ${token}`);
  const remedy = "Set it for the controller and try again.";
  throw new Terminal(
    { reason: "AccountSecretMissing", message: "The token to ask GitHub with is empty.", remedy },
    { vendor: VENDOR, operation: `${ask.method} ${ask.path.pattern}` },
  );
}

function appNeeded(ask: Ask): Terminal {
  return new Terminal(
    {
      reason: "AppNeeded",
      message: "Only a GitHub App can do this, and the account is none.",
      remedy: "Set `app` in the VendorAccount, with its key as the auth entry `privateKey`.",
    },
    { vendor: VENDOR, operation: `${ask.method} ${ask.path.pattern}` },
  );
}

/** True for a failure that says nothing of what was asked about: to be asked again. */
export function isPassing(error: unknown, signal: AbortSignal): error is Transient {
  return error instanceof Transient && !signal.aborted;
}
