/** Requests in the account's name. */
import { Transient } from "../errors.ts";
import type { Api, Ask, Told } from "./api.ts";
import { isTokenOver, refusal } from "./api.ts";
import type { Tokens } from "./tokens.ts";

export interface Session {
  /** An answer of any status but those that say that the account's token is over: then once more with a new one. */
  send(ask: Ask, signal: AbortSignal): Promise<Told>;
  /** As `send`, and nothing is ever sent twice, nor a token given up: for a mint, and for routes that want no machine at all. */
  sendOnce(ask: Ask, signal: AbortSignal): Promise<Told>;
}

export function openSession(api: Api, tokens: Tokens): Session {
  return {
    send: async (ask, signal) => {
      const token = await tokens.current(signal);
      const told = await api.send(ask, signal, token);
      if (!isTokenOver(told)) return told;
      const again = await api.send(ask, signal, await tokens.after(token, signal));
      if (isTokenOver(again)) throw refusal({ ...again, status: 401 });
      return again;
    },
    sendOnce: async (ask, signal) => api.send(ask, signal, await tokens.current(signal)),
  };
}

/** For a request that is sent once: Infisical looked at the token first of all, so that nothing was done. */
export function tokenOver(told: Told): Transient {
  return new Transient(
    { reason: "AccountTokenOver", message: "Infisical refused the account's access token before it did anything." },
    told.facts,
  );
}
