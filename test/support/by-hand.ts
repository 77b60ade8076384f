/** One credential that people make and end by hand: the real ledger, engine and adapters, and emulated vendors. One test at a time. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { CLIENT_ID, openPlaid } from "../../adapters/manual/emulator-plaid.ts";
import { openPostmark, type PostmarkEmulator } from "../../adapters/postmark/emulator.ts";
import { Secret } from "../../adapters/secret.ts";
import { publicKeyOf, sealBox } from "../../controller/custody/box.ts";
import { summarize } from "../../controller/domain/summarize.ts";
import { listRequests, listRotations, type RotationView } from "../../controller/ledger/views.ts";
import { type Orders, ordersOn } from "./orders.ts";
import type { FreshLedger } from "../support/postgres.ts";
import { freshLedger } from "../support/postgres.ts";
import { newKeys, startRealEngine } from "../support/real-engine.ts";

export const SERVER = 1_234_567;
export const DASHBOARD = "https://dashboard.plaid.com/developers/keys";
export const PATIENCE = { timeout: 20_000, interval: 25 };
export const keys = newKeys();
export let ledger: FreshLedger;
let folder: string;
let orders: Orders;

export async function openWorld(): Promise<void> {
  [ledger, folder] = [await freshLedger(), await mkdtemp(join(tmpdir(), "velvet-test-"))];
  orders = ordersOn(ledger.db);
  await add("VendorAccount", "files", { adapter: "file", file: { root: folder } });
}

export async function closeWorld(): Promise<void> {
  await ledger.drop();
  await rm(folder, { recursive: true, force: true });
}

export const add: Orders["add"] = async (kind, name, spec) => orders.add(kind, name, spec);

export async function addCredential(issuer: object, more: object = {}): Promise<void> {
  await add("Credential", "token", {
    credentialName: "TOKEN",
    environment: "test",
    issuer,
    custody: { account: "files", file: { path: "custody.json", format: "json" } },
    readFrom: "app",
    consumers: [
      {
        id: "app",
        account: "files",
        file: { path: "app.json", format: "json" },
        keys: [{ field: "value", name: "token" }],
        check: { type: "native" },
      },
    ],
    gates: { mint: "Automatic", revoke: "Automatic" },
    ...more,
  });
}

export async function request(name = "first", more: object = {}): Promise<void> {
  const spec = {
    credentialRef: { name: "token" },
    flow: "Operational",
    expect: "Alive",
    reason: "due",
    requestedBy: "ana",
  };
  await add("RotationRequest", name, { ...spec, ...more });
}

export async function decide(name: string, spec: object, of = "first"): Promise<void> {
  await add("RotationDecision", name, { requestRef: { name: of }, reason: "because", decidedBy: "ben", ...spec });
}

export function sealed(
  text: string,
  more: { credential?: string; fields?: Record<string, string>; ring?: typeof keys } = {},
) {
  const { credential = "token", fields = { value: text }, ring = keys } = more;
  const value = Object.fromEntries(Object.entries(fields).map(([name, each]) => [name, Secret.from(each)]));
  const scope = { install: "test", namespace: "orders", credential };
  return { action: "ProvideValue", sealedValue: sealBox(publicKeyOf(ring), scope, value) };
}

export async function app(): Promise<unknown> {
  const { token } = JSON.parse(await readFile(join(folder, "app.json"), "utf8")) as { token?: unknown };
  return token;
}

export async function hold(token: string): Promise<void> {
  await writeFile(join(folder, "app.json"), JSON.stringify({ token }), { mode: 0o600 });
}

/** What is waited for is due now. */
async function hurry(): Promise<void> {
  await ledger.pool.query(
    `update velvet.rotation set next_action_at = now(), facts = case when facts #> '{failure,nextTryAt}' is null then facts
       else jsonb_set(facts, '{failure,nextTryAt}', to_jsonb('2026-01-01T00:00:00.000Z'::text)) end
     where ended_at is null`,
  );
}

export async function until(wanted: (view: RotationView) => boolean, name = "first"): Promise<RotationView> {
  return expect
    .poll(async () => {
      await hurry();
      const [view] = await listRotations(ledger.db, { namespace: "orders", name });
      if (view && wanted(view)) return view;
      const seen = view ? { ...view.rotation, snapshot: undefined } : await listRequests(ledger.db);
      return JSON.stringify(seen);
    }, PATIENCE)
    .toBeTypeOf("object")
    .then(async () => {
      const [view] = await listRotations(ledger.db, { namespace: "orders", name });
      if (!view) throw new Error("the rotation has gone");
      return view;
    });
}

export async function answer(name: string): Promise<{ state: string; reason: string; message: string }> {
  const find = async () => {
    await hurry();
    const { rows } = await ledger.pool.query<{ state: string; reason: string; message: string }>(
      "select state, reason, message from velvet.decision where name = $1 and state <> 'pending'",
      [name],
    );
    return rows[0];
  };
  await expect.poll(find, PATIENCE).toBeDefined();
  return (await find()) ?? { state: "pending", reason: "", message: "" };
}

export async function events(): Promise<string[]> {
  const { rows } = await ledger.pool.query<{ event: string }>(
    `select convert_from(a.canonical, 'UTF8')::jsonb ->> 'event' as event from velvet.audit a
     join velvet.rotation r on a.chain = r.id::text order by r.created_at, a.seq`,
  );
  return rows.map(({ event }) => event);
}

export const condition = (view: RotationView, type: string) =>
  summarize(view).conditions.find((each) => each.type === type);

export async function postmark(options: Parameters<typeof openPostmark>[0] = {}): Promise<PostmarkEmulator> {
  const vendor = await openPostmark(options);
  await hold(vendor.addServer(SERVER));
  await add("VendorAccount", "postmark", {
    adapter: "postmark",
    endpoint: vendor.url,
    auth: [{ name: "accountToken", env: "KEY" }],
  });
  await addCredential({ account: "postmark", postmark: { serverId: SERVER } });
  return vendor;
}

export const engineOf = (secret = "", ring = keys) =>
  startRealEngine(ledger.db, { secrets: () => Secret.from(secret), leaseMs: 3_000, keys: ring });

export async function plaid() {
  const vendor = await openPlaid();
  const old = vendor.make();
  await hold(old);
  const revoke = { text: "Delete beside the old secret.", link: DASHBOARD };
  await add("VendorAccount", "plaid", {
    adapter: "manual",
    endpoint: vendor.url,
    manual: { mint: { text: "Rotate secret.", link: DASHBOARD, expected: "4h" }, revoke },
  });
  await addCredential({ account: "plaid", currentId: "plaid-1", manual: { plaid: { clientId: CLIENT_ID } } });
  return { vendor, old };
}

export const isAsked =
  (step: "mint" | "revoke") =>
  ({ rotation }: RotationView) =>
    rotation.facts.assisted?.[step] !== undefined;

/** Of a Credential that is given anew. */
export const forget: Orders["forget"] = (kind) => orders.forget(kind);
