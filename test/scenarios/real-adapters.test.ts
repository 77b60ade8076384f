import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listRotations } from "../../controller/ledger/views.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import type { FreshLedger } from "../support/postgres.ts";
import { freshLedger } from "../support/postgres.ts";
import { startRealEngine } from "../support/real-engine.ts";

const OLD = "old-shared-token-with-32-characters";
let ledger: FreshLedger;
let folder: string;

beforeAll(async () => {
  ledger = await freshLedger();
  folder = await mkdtemp(join(tmpdir(), "velvet-test-"));
  await mkdir(join(folder, "web"));
  await writeFile(join(folder, "web", ".env"), `# the web app\nPORT=8080\nAPI_TOKEN=${OLD}\n`, { mode: 0o600 });
  await writeFile(join(folder, "worker.json"), JSON.stringify({ token: OLD, threads: 4 }, undefined, 2), {
    mode: 0o600,
  });
});

afterAll(async () => {
  await ledger.drop();
  await rm(folder, { recursive: true, force: true });
});

function document(kind: DesiredDocument["kind"], namespace: string, name: string, spec: object): DesiredDocument {
  return { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } };
}

function world(): DesiredDocument[] {
  const allow = [{ namespaces: ["web"] }];
  return [
    document("VendorAccount", "", "files", { adapter: "file", file: { root: folder }, allow }),
    document("VendorAccount", "", "values", { adapter: "random", random: {}, allow }),
    document("Credential", "web", "api-token", {
      credentialName: "API_TOKEN",
      environment: "test",
      issuer: { account: "values", random: { bytes: 32, encoding: "base64url" } },
      custody: { account: "files", file: { path: "custody/api-token.json", format: "json" } },
      readFrom: "web",
      consumers: [
        {
          id: "web",
          account: "files",
          file: { path: "web/.env", format: "dotenv" },
          keys: [{ field: "value", name: "API_TOKEN" }],
          check: { type: "native" },
        },
        {
          id: "worker",
          account: "files",
          file: { path: "worker.json", format: "json" },
          keys: [{ field: "value", name: "token" }],
          check: { type: "native" },
        },
      ],
      gates: { mint: "Automatic", revoke: "Automatic" },
    }),
  ];
}

async function sync(documents: DesiredDocument[]): Promise<void> {
  const look = {
    source: "test",
    kind: "git",
    cursor: randomUUID(),
    trust: "claimed",
    documents,
    problems: [],
  } as const;
  await syncSource(ledger.db, look);
}

it("rotates a shared random token in a dotenv and a JSON file, and keeps what is not its own", async () => {
  await sync(world());
  const engine = startRealEngine(ledger.db, { secrets: () => undefined, leaseMs: 10_000 });
  const request = {
    credentialRef: { name: "api-token" },
    flow: "Operational",
    expect: "Alive",
    reason: "test",
    requestedBy: "ana",
  };
  await sync([...world(), document("RotationRequest", "web", "first", request)]);
  engine.wake();
  await expect
    .poll(async () => (await listRotations(ledger.db, { name: "first" }))[0]?.rotation.state, {
      timeout: 10_000,
      interval: 20,
    })
    .toBe("done");
  await engine.stop();
  const env = await readFile(join(folder, "web", ".env"), "utf8");
  const token = /API_TOKEN=(.*)/.exec(env)?.[1] ?? "";
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(env).toBe(`# the web app\nPORT=8080\nAPI_TOKEN=${token}\n`);
  expect(JSON.parse(await readFile(join(folder, "worker.json"), "utf8"))).toEqual({ token, threads: 4 });
  expect(JSON.parse(await readFile(join(folder, "custody", "api-token.json"), "utf8"))).toEqual({ value: token });
  expect((await stat(join(folder, "custody", "api-token.json"))).mode & 0o777).toBe(0o600);
  const [view] = await listRotations(ledger.db, { name: "first" });
  expect(view?.rotation.facts.verify).toMatchObject({ readFrom: "web" });
  expect(view?.rotation.facts.residual).toMatchObject([{ kind: "OldValueAtAcceptors" }]);
  expect(JSON.stringify(view)).not.toContain(token);
});
