/** Whether rotations can begin here: named checks, asked together. */

/** Undefined: all is well. Else why not, in one sentence that may be shown to anybody. */
export type Check = () => Promise<string | undefined> | string | undefined;

export interface Ready {
  readonly ready: boolean;
  /** By name: `ok`, or why not. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface Readiness {
  /** Replaces the check of that name. */
  set(name: string, check: Check): void;
  /** Asked by many at once, each check runs once. Never rejects. */
  ask(): Promise<Ready>;
}

const LONGEST_MS = 2_000;

/** `timeout` gives a signal that aborts after so many milliseconds. */
export function createReadiness(timeout: (ms: number) => AbortSignal): Readiness {
  const checks = new Map<string, Check>();
  let asking: Promise<Ready> | undefined;
  const askAll = async (): Promise<Ready> => {
    const entries = await Promise.all(
      [...checks].map(async ([name, check]) => [name, (await answer(check, timeout(LONGEST_MS))) ?? "ok"] as const),
    );
    return { ready: entries.every(([, said]) => said === "ok"), checks: Object.fromEntries(entries) };
  };
  return {
    set: (name, check) => void checks.set(name, check),
    ask: async () => (asking ??= askAll().finally(() => (asking = undefined))),
  };
}

/** What an error says may hold an address or a name: it stands in the log, and not here. */
async function answer(check: Check, limit: AbortSignal): Promise<string | undefined> {
  const late = new Promise<string>((resolve) =>
    limit.addEventListener("abort", () => resolve("no answer in time"), { once: true }),
  );
  try {
    return await Promise.race([check(), late]);
  } catch {
    return "it failed";
  }
}
