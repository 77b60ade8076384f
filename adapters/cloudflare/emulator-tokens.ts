/** The emulated API tokens, of the user and of the account: two places that know nothing of each other. */
import type { Call, Reply, Route } from "../emulator/emulator.ts";
import { barred, may, tokenOf } from "./emulator-gate.ts";
import type { HeldPolicy, HeldToken, State, TokenOwner } from "./emulator-state.ts";
import {
  addToken,
  date,
  GROUPS,
  hexId,
  moment,
  newTokenValue,
  no,
  ok,
  property,
  statusOf,
  valueIn,
} from "./emulator-state.ts";

type Work = (state: State, owner: TokenOwner, call: Call) => Reply;

export function tokenRoutes(state: State): readonly Route[] {
  return (["user", "account"] as const).flatMap((owner) => {
    const base = owner === "user" ? "/user/tokens" : "/accounts/{account_id}/tokens";
    const route = (method: string, below: string, work: Work, needsPermission = true): Route => ({
      method,
      pattern: `${base}${below}`,
      handle: (call) => refusal(state, owner, call, needsPermission) ?? work(state, owner, call),
    });
    return [
      route("GET", "/verify", verify, false),
      route("GET", "", list),
      route("POST", "", create),
      route("GET", "/{token_id}", (_state, _owner, call) =>
        found(state, owner, call, (token) => ok(shown(token, call.now))),
      ),
      route("PUT", "/{token_id}", update),
      route("PUT", "/{token_id}/value", roll),
      route("DELETE", "/{token_id}", remove),
    ];
  });
}

function refusal(state: State, owner: TokenOwner, call: Call, needsPermission: boolean): Reply | undefined {
  const { account_id: account } = call.params;
  if (account !== undefined && account !== state.accountId) return no(404, 7003, "Could not route to the account");
  if (!needsPermission) return undefined;
  // A token of the account is nobody's user.
  if (owner === "user" && tokenOf(state, valueIn(call))?.owner !== "user")
    return no(403, 9109, "Unauthorized to access requested resource");
  return may(state, call, owner === "user" ? "userTokens" : "accountTokens")
    ? undefined
    : no(403, 10000, "Authentication error");
}

function verify(state: State, owner: TokenOwner, call: Call): Reply {
  const token = tokenOf(state, valueIn(call));
  if (!token || token.owner !== owner || token.knownFrom > call.now) return no(401, 1000, "Invalid API Token");
  if (barred(token)) return no(403, 9109, "Cannot use the access token from this location");
  token.lastUsedOn = call.now;
  const { id, expiresOn, notBefore } = token;
  return ok({
    id,
    status: statusOf(token, call.now),
    ...(expiresOn === undefined ? {} : { expires_on: date(expiresOn) }),
    ...(notBefore === undefined ? {} : { not_before: date(notBefore) }),
  });
}

function list(state: State, owner: TokenOwner, call: Call): Reply {
  const [page, size] = [Number(call.query.get("page") ?? "1"), Number(call.query.get("per_page") ?? "20")];
  if (size < 5 || size > 50) return no(400, 1001, "per_page out of range");
  const all = [...state.tokens.values()].filter((token) => token.owner === owner);
  const listed =
    call.query.get("include_expired") === "true" ? all : all.filter((token) => statusOf(token, call.now) !== "expired");
  const ordered = listed.toSorted((one, other) => one.issuedOn - other.issuedOn);
  if (call.query.get("direction") !== "asc") ordered.reverse();
  const result = ordered.slice((page - 1) * size, page * size).map((token) => shown(token, call.now));
  return ok(result, { page, per_page: size, count: result.length, total_count: ordered.length });
}

function create(state: State, owner: TokenOwner, call: Call): Reply {
  const wrong = wrongBody(call.json);
  if (wrong) return wrong;
  const count = [...state.tokens.values()].filter((token) => token.owner === owner).length;
  // Which code it is stands nowhere.
  if (count >= state.quota[owner]) return no(400, 1033, "Maximum number of tokens reached");
  const token = addToken(state, call.now, { owner, ...changes(call.json) });
  state.audit.push(`token ${token.id} created as ${token.name}`);
  return ok({ ...shown(token, call.now), value: token.value });
}

function update(state: State, owner: TokenOwner, call: Call): Reply {
  return found(state, owner, call, (token) => {
    const status = property(call.json, "status");
    const wrong = wrongBody(call.json);
    if (wrong) return wrong;
    if (status !== "active" && status !== "disabled") return no(400, 1001, "status is required");
    delete token.notBefore;
    delete token.expiresOn;
    Object.assign(token, changes(call.json), { status, modifiedOn: call.now });
    state.audit.push(`token ${token.id} updated: ${token.name} ${token.status}`);
    return ok(shown(token, call.now));
  });
}

/** The old value is dead at this moment. */
function roll(state: State, owner: TokenOwner, call: Call): Reply {
  return found(state, owner, call, (token) => {
    token.value = newTokenValue(owner);
    token.knownFrom = call.now + state.propagationMs;
    token.modifiedOn = call.now;
    state.audit.push(`token ${token.id} rolled`);
    return ok(token.value);
  });
}

function remove(state: State, owner: TokenOwner, call: Call): Reply {
  return found(state, owner, call, ({ id }) => {
    state.tokens.delete(id);
    state.audit.push(`token ${id} deleted`);
    return ok({ id });
  });
}

function found(state: State, owner: TokenOwner, call: Call, work: (token: HeldToken) => Reply): Reply {
  const token = state.tokens.get(call.params["token_id"] ?? "");
  return token?.owner === owner ? work(token) : no(404, 1003, "Token not found");
}

function wrongBody(json: unknown): Reply | undefined {
  const [name, policies] = [property(json, "name"), property(json, "policies")];
  if (typeof name !== "string" || name === "" || name.length > 120) return no(400, 1001, "name is invalid");
  if (!Array.isArray(policies) || policies.length === 0) return no(400, 1001, "policies are required");
  const known = new Set<string>(Object.values(GROUPS));
  const groups = policies.flatMap((policy: unknown) => property(policy, "permission_groups") as { id: string }[]);
  return groups.length > 0 && groups.every(({ id }) => known.has(id))
    ? undefined
    : no(400, 1001, "unknown permission group");
}

function changes(json: unknown): Partial<HeldToken> & { name: string } {
  const [notBefore, expiresOn] = [moment(json, "not_before"), moment(json, "expires_on")];
  return {
    name: String(property(json, "name")),
    policies: (property(json, "policies") as readonly HeldPolicy[]).map(given),
    condition: property(json, "condition") ?? {},
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(expiresOn === undefined ? {} : { expiresOn }),
  };
}

/** A policy's own id, and the names of groups, are Cloudflare's to give. */
function given({ effect, resources, permission_groups }: HeldPolicy): HeldPolicy {
  const names = Object.fromEntries(Object.entries(GROUPS).map(([name, id]) => [id, name]));
  return {
    id: hexId(),
    effect,
    resources,
    permission_groups: permission_groups.map(({ id }) => ({ id, name: names[id] ?? "" })),
  };
}

function shown(token: HeldToken, now: number): object {
  const { id, name, issuedOn, modifiedOn, lastUsedOn, notBefore, expiresOn, policies, condition } = token;
  return {
    id,
    name,
    status: statusOf(token, now),
    issued_on: date(issuedOn),
    modified_on: date(modifiedOn),
    ...(lastUsedOn === undefined ? {} : { last_used_on: date(lastUsedOn) }),
    ...(notBefore === undefined ? {} : { not_before: date(notBefore) }),
    ...(expiresOn === undefined ? {} : { expires_on: date(expiresOn) }),
    policies,
    condition,
  };
}
