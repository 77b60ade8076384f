/** Whose each line of the log is, that of adapters' clients included, and that none holds a value. */
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openHeroku } from "../../adapters/heroku/emulator.ts";
import { Secret } from "../../adapters/secret.ts";
import { listRotations } from "../../controller/ledger/views.ts";
import { openLog } from "../../controller/log.ts";
import { traceRequests } from "../../controller/trace.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import { freshLedger } from "../support/postgres.ts";
import { startRealEngine } from "../support/real-engine.ts";

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly rotation?: string;
  readonly account?: string;
  readonly effect?: string;
  readonly operation?: string;
  readonly vendor?: string;
}

function document(kind: DesiredDocument["kind"], name: string, spec: object): DesiredDocument {
  const namespace = kind === "VendorAccount" ? "" : "orders";
  return { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } };
}

function credential(name: string, app: string): DesiredDocument {
  return document("Credential", name, {
    credentialName: name.toUpperCase(),
    environment: "test",
    issuer: { account: "heroku", heroku: { authorization: { scope: ["read"] } } },
    custody: { account: "files", file: { path: `custody/${name}.json`, format: "json" } },
    readFrom: "app",
    consumers: [
      {
        id: "app",
        account: "heroku",
        heroku: { app },
        keys: [{ field: "value", name: "TOKEN" }],
        check: { type: "native" },
      },
    ],
    gates: { mint: "Automatic", revoke: "Automatic" },
  });
}

const NAMES = ["first", "second"] as const;

it("two rotations side by side: each line of an engine and of a client says whose it is, and none holds a value", async () => {
  const folder = await mkdtemp(join(tmpdir(), "velvet-test-"));
  const ledger = await freshLedger();
  await using vendor = await openHeroku();
  const own = vendor.authorize({ description: "velvet's own" }).token;
  const written: string[] = [];
  const log = openLog({ level: "debug", stream: { isTTY: false, write: (text) => written.push(text) } });
  const untrace = traceRequests(log);
  const values = [own];
  for (const name of NAMES) {
    vendor.makeApp(name, { formation: ["web.1"] });
    const { token } = vendor.authorize({ description: name, scope: ["read"] });
    vendor.plant(name, { TOKEN: token });
    values.push(token);
  }
  const allow = [{ namespaces: ["orders"] }];
  const documents = [
    document("VendorAccount", "files", { adapter: "file", file: { root: folder }, allow }),
    document("VendorAccount", "heroku", {
      adapter: "heroku",
      endpoint: vendor.url,
      auth: [{ name: "token", env: "TOKEN" }],
      heroku: { dataEndpoint: vendor.dataUrl },
      allow,
    }),
    ...NAMES.map((name) => credential(name, name)),
  ];
  const sync = async (all: readonly DesiredDocument[]) =>
    syncSource(ledger.db, {
      source: "test",
      kind: "git",
      cursor: randomUUID(),
      trust: "claimed",
      documents: all,
      problems: [],
    });
  await sync(documents);
  const secrets = ({ env }: { readonly env?: string }) => (env === "TOKEN" ? Secret.from(own) : undefined);
  const engine = startRealEngine(ledger.db, { secrets, leaseMs: 3_000, log });
  const spec = { flow: "Operational", expect: "Alive", reason: "test", requestedBy: "ana" };
  const asked = NAMES.map((name) => document("RotationRequest", name, { ...spec, credentialRef: { name } }));
  await sync([...documents, ...asked]);
  engine.wake();
  const views = async () => listRotations(ledger.db, { all: true });
  const states = async () => (await views()).map(({ rotation }) => rotation.state);
  await expect.poll(states, { timeout: 20_000, interval: 20 }).toEqual(["done", "done"]);
  await engine.stop();
  untrace();
  for (const name of NAMES)
    values.push(String(JSON.parse(await readFile(join(folder, "custody", `${name}.json`), "utf8")).TOKEN));
  const ids = (await views()).map(({ rotation }) => rotation.id);
  await ledger.drop();
  await rm(folder, { recursive: true, force: true });

  const lines = written.map((text) => JSON.parse(text) as Line);
  const spoken = lines.filter(({ effect, operation }) => effect !== undefined || operation !== undefined);
  // An account that is probed in between belongs to no rotation.
  expect(spoken.filter(({ rotation, account }) => rotation === undefined && account === undefined)).toEqual([]);
  for (const id of ids) {
    const mine = spoken.filter(({ rotation }) => rotation === id);
    expect(mine.map(({ effect }) => effect)).toEqual(
      expect.arrayContaining(["issuer.verify", "issuer.mint", "sink.write", "issuer.revoke"]),
    );
    expect(mine.filter(({ vendor: whose }) => whose === "heroku").map(({ operation }) => operation)).toEqual(
      expect.arrayContaining(["POST /oauth/authorizations", "PATCH /apps/{}/config-vars"]),
    );
  }
  expect(spoken.every(({ rotation }) => rotation === undefined || ids.includes(rotation))).toBe(true);
  expect(values).toHaveLength(5);
  for (const value of values) for (const text of written) expect(text).not.toContain(value);
});
