/** Cloudflare as two servers on loopback: the API, and an origin that its Access protects. Everything timed follows the injected clock. */
import { openApiContract } from "../emulator/contract.ts";
import type { Emulator } from "../emulator/emulator.ts";
import { openEmulator } from "../emulator/emulator.ts";
import { accessRoutes, isLetIn, originRoutes } from "./emulator-access.ts";
import { dress, gate, tokenOf } from "./emulator-gate.ts";
import type { HeldServiceToken, HeldToken, HeldWorker, Permission, State, TokenOwner } from "./emulator-state.ts";
import { addServiceToken, addToken, isLive, newState, no, policyOf } from "./emulator-state.ts";
import { tokenRoutes } from "./emulator-tokens.ts";
import { addWorker, deploy, serving, upload, workerRoutes } from "./emulator-workers.ts";

export interface CloudflareEmulator extends AsyncDisposable {
  readonly api: Emulator;
  readonly origin: Emulator;
  /** What the adapter's account names as its endpoint. */
  readonly endpoint: string;
  readonly state: State;
  /** Requests and answers of the API that its description does not know. */
  readonly strays: readonly string[];
  /** A token from before Velvet. */
  plant(owner: TokenOwner, name: string, permissions: readonly Permission[], more?: Partial<HeldToken>): HeldToken;
  plantServiceToken(name: string): HeldServiceToken;
  plantWorker(script: string): HeldWorker;
  /** Deploys these secrets by another hand; null removes one. */
  setSecrets(script: string, secrets: Readonly<Record<string, string | null>>): void;
  /** What the Worker that serves sees. */
  peek(script: string): Readonly<Record<string, string>>;
  /** The truth about a token's value, whatever a verification says. */
  isAlive(value: string): boolean;
  isLetIn(clientId: string, secret: string): boolean;
  /** All tokens, by name. */
  keys(): readonly HeldToken[];
}

const SCHEMA = new URL("schema/cloudflare.json", import.meta.url);

export async function openCloudflare({
  now = Date.now,
}: { readonly now?: () => number } = {}): Promise<CloudflareEmulator> {
  const state = newState();
  const api = await openEmulator({
    now,
    prefix: "/client/v4",
    routes: [...tokenRoutes(state), ...accessRoutes(state), ...workerRoutes(state)],
    gate: (call) => gate(state, call),
    dress: (call, reply) => dress(state, call, reply),
    unknown: () => no(404, 7003, "Could not route to the path"),
    contract: openApiContract(SCHEMA, { undescribed: UNDESCRIBED }),
  });
  const origin = await openEmulator({ now, routes: originRoutes(state) });
  const workerNamed = (script: string) => state.workers.get(script) ?? addWorker(state, now(), script);
  return {
    api,
    origin,
    endpoint: `${api.url}/client/v4`,
    state,
    strays: api.strays,
    plant: (owner, name, permissions, more = {}) =>
      addToken(state, now(), {
        owner,
        name,
        policies: [policyOf(permissions, { "com.cloudflare.api.account.zone.eb78d65290b24279ba6f44721b3ea3c4": "*" })],
        knownFrom: 0,
        ...more,
      }),
    plantServiceToken: (name) => addServiceToken(state, now(), name),
    plantWorker: (script) => addWorker(state, now(), script),
    setSecrets: (script, secrets) => {
      const worker = workerNamed(script);
      deploy(worker, now(), upload(worker, secrets), "developer@example.com");
    },
    peek: (script) => Object.fromEntries(serving(workerNamed(script))),
    isAlive: (value) => {
      const token = tokenOf(state, value);
      return token !== undefined && isLive(token, now());
    },
    isLetIn: (clientId, secret) => isLetIn(state, clientId, secret, now()),
    keys: () => [...state.tokens.values()].toSorted((one, other) => one.name.localeCompare(other.name)),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

const TOKEN_ROUTES = ["/user/tokens", "/accounts/{account_id}/tokens"].flatMap((base) => [
  `GET ${base}`,
  `POST ${base}`,
  `GET ${base}/verify`,
  `GET ${base}/{token_id}`,
  `PUT ${base}/{token_id}`,
  `DELETE ${base}/{token_id}`,
  `PUT ${base}/{token_id}/value`,
]);

/** The description asks of a refusal about tokens that its `success` be true and false at once, which no answer can be. */
const UNDESCRIBED = Object.fromEntries(
  TOKEN_ROUTES.flatMap((route) =>
    [400, 401, 403, 404, 429].map((status) => [`${route} ${status}`, "the description contradicts itself"]),
  ),
);
