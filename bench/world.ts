/** Many credentials at a vendor in memory, each in use by its consumers. */
import { randomUUID } from "node:crypto";
import { Secret } from "../adapters/secret.ts";
import { keyRing } from "../controller/custody/key.ts";
import type { Deps } from "../controller/engine/deps.ts";
import type { Db } from "../controller/ledger/db.ts";
import type { DesiredDocument } from "../controller/sources/look.ts";
import { syncSource } from "../controller/sources/sync.ts";
import type { FakeVendor } from "../test/support/fake-vendor.ts";
import { fakeAdapter } from "../test/support/fake-vendor.ts";
import { testDeps } from "../test/support/test-deps.ts";

export const NAMESPACE = "bench";

export function documentsOf(vendor: FakeVendor, credentials: number, consumers: number): DesiredDocument[] {
  const documents = [document("VendorAccount", "", "vendor", { adapter: "fake", allow: [{ namespaces: ["*"] }] })];
  for (let index = 0; index < credentials; index += 1) {
    const name = `credential-${index}`;
    vendor.keys.set(`old-${index}`, { value: `value-${index}`, marker: undefined, enabled: true, family: name });
    vendor.put(`${name}/custody`, "TOKEN", `value-${index}`);
    documents.push(document("Credential", NAMESPACE, name, credential(name, consumers)));
    for (let each = 0; each < consumers; each += 1) vendor.put(`${name}/app-${each}`, "TOKEN", `value-${index}`);
  }
  return documents;
}

export function requestsOf(credentials: number): DesiredDocument[] {
  return Array.from({ length: credentials }, (_, index) =>
    document("RotationRequest", NAMESPACE, `rotate-${index}`, {
      credentialRef: { name: `credential-${index}` },
      flow: "Operational",
      expect: "Alive",
      reason: "bench",
      requestedBy: "bench",
    }),
  );
}

function credential(name: string, consumers: number): object {
  const keys = [{ field: "value", name: "TOKEN" }];
  return {
    credentialName: name.toUpperCase(),
    environment: "bench",
    issuer: { account: "vendor", fake: { family: name } },
    custody: { account: "vendor", fake: { path: `${name}/custody` }, keys },
    consumers: Array.from({ length: consumers }, (_, each) => ({
      id: `app-${each}`,
      account: "vendor",
      fake: { path: `${name}/app-${each}` },
      keys,
      check: { type: "native" },
    })),
    gates: { mint: "Automatic", revoke: "Automatic" },
  };
}

export function document(
  kind: DesiredDocument["kind"],
  namespace: string,
  name: string,
  spec: object,
): DesiredDocument {
  return { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } };
}

export async function sync(db: Db, documents: readonly DesiredDocument[]): Promise<void> {
  await syncSource(db, {
    source: "bench",
    kind: "git",
    cursor: randomUUID(),
    trust: "claimed",
    documents,
    problems: [],
  });
}

export function benchDeps(db: Db, vendor: FakeVendor): Deps {
  const quiet = () => undefined;
  const warn = (facts: object, message: string) => console.error(message, facts);
  return testDeps({
    db,
    adapters: { fake: fakeAdapter(vendor) },
    keys: keyRing(Secret.from(Buffer.alloc(32, 7).toString("base64"))),
    install: "bench",
    environment: "bench",
    log: { debug: quiet, info: quiet, warn, error: warn },
    leaseMs: 30_000,
    replica: "bench",
  });
}

export function benchOptions(vendor: FakeVendor, concurrency: number) {
  const registry = { fake: fakeAdapter(vendor) };
  return { concurrency, pollMs: 1_000, admission: { environment: "bench", rotationOn: true, registry } };
}
