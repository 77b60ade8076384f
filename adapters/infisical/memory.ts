/** What was tried with which value a short while ago, so that no wrong value is tried twice in a row. Values are kept keyed only. */
import { createHmac, randomBytes } from "node:crypto";
import type { Clock } from "../contract.ts";
import type { Who } from "./login.ts";

export interface Memory<T> {
  /** What is remembered of this client. */
  recall(who: Who): { readonly what: T; readonly restMs: number } | undefined;
  keep(who: Who, what: T, forMs: number): void;
  /** Equal for equal clients, and of no use to anybody else. */
  print(who: Who): string;
}

export function openMemory<T>(clock: Clock): Memory<T> {
  const key = randomBytes(32);
  const kept = new Map<string, { readonly what: T; readonly untilMs: number }>();
  const print = ({ clientId, clientSecret }: Who): string =>
    createHmac("sha256", key).update(`${clientId}\n`).update(clientSecret.revealBytes()).digest("base64");
  return {
    print,
    recall: (who) => {
      const now = clock.monotonicMs();
      for (const [name, { untilMs }] of kept) if (untilMs <= now) kept.delete(name);
      const found = kept.get(print(who));
      return found && { what: found.what, restMs: found.untilMs - now };
    },
    keep: (who, what, forMs) => kept.set(print(who), { what, untilMs: clock.monotonicMs() + forMs }),
  };
}
