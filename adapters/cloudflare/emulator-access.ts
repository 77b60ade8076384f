/** The emulated Access: service tokens with two secrets at most, and an origin behind them. */
import type { Call, Reply, Route } from "../emulator/emulator.ts";
import { may } from "./emulator-gate.ts";
import type { HeldServiceToken, State } from "./emulator-state.ts";
import { addServiceToken, date, moment, newClientSecret, no, ok, property } from "./emulator-state.ts";

const BASE = "/accounts/{account_id}/access/service_tokens";

export function accessRoutes(state: State): readonly Route[] {
  const route = (method: string, below: string, work: (call: Call) => Reply): Route => ({
    method,
    pattern: `${BASE}${below}`,
    handle: (call) => refusal(state, call) ?? work(call),
  });
  const one = (work: (token: HeldServiceToken, call: Call) => Reply) => (call: Call) => {
    const token = state.serviceTokens.get(call.params["service_token_id"] ?? "");
    return token ? work(token, call) : no(404, 12135, "access.api.error.not_found");
  };
  return [
    route("GET", "", ({ query }) => {
      const all = [...state.serviceTokens.values()];
      const name = query.get("name");
      return ok(all.filter((token) => name === null || token.name === name).map(shown));
    }),
    route("POST", "", ({ json, now }) => {
      const token = addServiceToken(state, now, String(property(json, "name")));
      return { ...ok({ ...shown(token), client_secret: token.secret }), status: 201 };
    }),
    route(
      "GET",
      "/{service_token_id}",
      one((token) => ok(shown(token))),
    ),
    route(
      "PUT",
      "/{service_token_id}",
      one((token, call) => update(state, token, call)),
    ),
    route(
      "POST",
      "/{service_token_id}/rotate",
      one((token, call) => {
        rotate(state, token, call.now, moment(call.json, "previous_client_secret_expires_at"));
        return ok({ ...shown(token), client_secret: token.secret });
      }),
    ),
    route(
      "POST",
      "/{service_token_id}/refresh",
      one((token, { now }) => {
        token.expiresAt = now + 8_760 * 3_600_000;
        return ok(shown(token));
      }),
    ),
    route(
      "DELETE",
      "/{service_token_id}",
      one((token) => {
        state.serviceTokens.delete(token.id);
        return ok(shown(token));
      }),
    ),
  ];
}

function refusal(state: State, call: Call): Reply | undefined {
  if (call.params["account_id"] !== state.accountId) return no(404, 7003, "Could not route to the account");
  return may(state, call, "access") ? undefined : no(403, 10000, "Authentication error");
}

/** Without a date the secret in use dies now. The one before it dies in any case: there are two at most. */
function rotate(state: State, token: HeldServiceToken, now: number, until: number | undefined): void {
  const before = token.secret;
  delete token.previous;
  if (until !== undefined) token.previous = { secret: before, until };
  token.secret = newClientSecret();
  token.version += 1;
  token.knownFrom = now + state.propagationMs;
  token.updatedAt = now;
  state.audit.push(`service token ${token.id} rotated to version ${token.version}`);
}

function update(state: State, token: HeldServiceToken, { json, now }: Call): Reply {
  const [name, enabled, version] = [
    property(json, "name"),
    property(json, "enabled"),
    property(json, "client_secret_version"),
  ];
  const until = moment(json, "previous_client_secret_expires_at");
  if (typeof version === "number" && version > token.version) rotate(state, token, now, until);
  else if (until !== undefined && token.previous) token.previous.until = until;
  if (typeof name === "string") token.name = name;
  if (typeof enabled === "boolean") token.enabled = enabled;
  token.updatedAt = now;
  state.audit.push(`service token ${token.id} updated, ${token.enabled ? "on" : "off"}`);
  return ok(shown(token));
}

function shown(token: HeldServiceToken): object {
  const { id, clientId, name, enabled, version, previous, createdAt, updatedAt, expiresAt } = token;
  return {
    id,
    client_id: clientId,
    name,
    enabled,
    duration: "8760h",
    client_secret_version: version,
    ...(previous === undefined ? {} : { previous_client_secret_expires_at: date(previous.until) }),
    created_at: date(createdAt),
    updated_at: date(updatedAt),
    expires_at: date(expiresAt),
  };
}

/** Whether Access lets this pair through now. */
export function isLetIn(state: State, clientId: string, secret: string, now: number): boolean {
  const token = [...state.serviceTokens.values()].find((each) => each.clientId === clientId);
  if (!token || !token.enabled || token.expiresAt <= now) return false;
  if (secret === token.secret) return token.knownFrom <= now;
  return token.previous !== undefined && secret === token.previous.secret && token.previous.until > now;
}

/** An application behind Access. What Access lets through, the application answers with 200. */
export function originRoutes(state: State): readonly Route[] {
  const handle = ({ headers, now }: Call): Reply => {
    if (state.refusal === "down") return { status: 503, body: "no healthy upstream" };
    if (state.refusal === "firewall")
      return { status: 403, body: "<html><title>Access denied</title>error code: 1010</html>" };
    if (state.refusal === "elsewhere") return { status: 302, headers: { location: "https://login.example.com/" } };
    const [id, secret] = [headers["cf-access-client-id"], headers["cf-access-client-secret"]];
    if (typeof id === "string" && typeof secret === "string" && isLetIn(state, id, secret, now)) {
      return { status: 200, body: { status: "ok" } };
    }
    if (state.refusal === "unauthorized") return { status: 401, body: { error: "unauthorized" } };
    if (state.refusal === "forbidden")
      return { status: 403, body: "<html>Forbidden. You don't have permission to view this.</html>" };
    const location =
      "https://velvet-test.cloudflareaccess.com/cdn-cgi/access/login/app.example.com?kid=1&redirect_url=%2F";
    return { status: 302, headers: { location } };
  };
  return [{ method: "GET", pattern: "/health", handle }];
}
