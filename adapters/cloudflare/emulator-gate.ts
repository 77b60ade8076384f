/** Who may call the emulated API at all, and how often. */
import type { Call, Reply } from "../emulator/emulator.ts";
import type { HeldToken, Permission, State } from "./emulator-state.ts";
import { GROUPS, isLive, no, valueIn } from "./emulator-state.ts";

const WINDOW_MS = 300_000;
const VERIFY = /^\/(user|accounts\/[^/]+)\/tokens\/verify$/;

export function gate(state: State, call: Call): Reply | undefined {
  const value = valueIn(call);
  if (value === undefined) {
    return no(400, 6003, "Invalid request headers", { code: 6111, message: "Invalid format for Authorization header" });
  }
  const limited = limit(state, value, call.now);
  if (limited) return limited;
  const token = tokenOf(state, value);
  // What verification says of a token is its own business.
  if (VERIFY.test(call.path)) return undefined;
  if (!token || !isLive(token, call.now)) return no(403, 10000, "Authentication error");
  if (barred(token)) return no(403, 9109, "Cannot use the access token from this location");
  token.lastUsedOn = call.now;
  return undefined;
}

export function tokenOf(state: State, value: string | undefined): HeldToken | undefined {
  return [...state.tokens.values()].find((token) => token.value === value);
}

/** The emulator is called from loopback, which no public range has. */
export function barred({ condition }: HeldToken): boolean {
  const ranges = (condition as { "request.ip"?: { in?: readonly string[] } } | undefined)?.["request.ip"]?.in ?? [];
  return ranges.length > 0 && !ranges.some((range) => range.startsWith("127."));
}

export function may(state: State, call: Call, permission: Permission): boolean {
  const token = tokenOf(state, valueIn(call));
  return (
    token?.policies.some((policy) => policy.permission_groups.some(({ id }) => id === GROUPS[permission])) ?? false
  );
}

/** Too many in a window block every call of the token, until five minutes after the one that was too many. */
function limit(state: State, value: string, now: number): Reply | undefined {
  const seen = state.blocked.get(value) ?? { until: 0, begun: now, used: 0 };
  state.blocked.set(value, seen);
  if (now >= seen.begun + WINDOW_MS) [seen.begun, seen.used] = [now, 0];
  seen.used += 1;
  if (seen.until <= now && seen.used > state.rate) seen.until = now + WINDOW_MS;
  if (seen.until <= now) return undefined;
  const wait = Math.ceil((seen.until - now) / 1000);
  return {
    ...no(429, 10100, "Rate limited. Please wait and consider throttling your request speed"),
    headers: { "retry-after": `${wait}` },
  };
}

/** What stands on every answer. */
export function dress(state: State, call: Call, reply: Reply): Reply {
  const seen = state.blocked.get(valueIn(call) ?? "");
  if (!seen || reply.status === 429)
    return { ...reply, headers: { "cf-ray": "8f00aa11bb22cc33-AMS", ...reply.headers } };
  const left = Math.max(0, state.rate - seen.used);
  const reset = Math.ceil((seen.begun + WINDOW_MS - call.now) / 1000);
  const limits = { ratelimit: `"default";r=${left};t=${reset}`, "ratelimit-policy": `"default";q=${state.rate};w=300` };
  return { ...reply, headers: { "cf-ray": "8f00aa11bb22cc33-AMS", ...limits, ...reply.headers } };
}
