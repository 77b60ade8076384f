/** One rotation of the real engine on a real ledger with a fake vendor: evidence in which every promise was kept. */
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Secret } from "../../../adapters/secret.ts";
import { keyRing } from "../../../controller/custody/key.ts";
import { summarize } from "../../../controller/domain/summarize.ts";
import { Accounts } from "../../../controller/engine/accounts.ts";
import type { Deps } from "../../../controller/engine/deps.ts";
import { Engine } from "../../../controller/engine/engine.ts";
import type { Db } from "../../../controller/ledger/db.ts";
import type { RotationView } from "../../../controller/ledger/views.ts";
import { listRotations } from "../../../controller/ledger/views.ts";
import type { DesiredDocument } from "../../../controller/sources/look.ts";
import { syncSource } from "../../../controller/sources/sync.ts";
import type { Setup, SimClock } from "../api.ts";
import { createFake } from "../vendor/fake.ts";
import { ACCOUNT } from "../vendor/manifest.ts";
import type { Evidence } from "./evidence.ts";
import { readLedger } from "./ledger.ts";

const NAMESPACE = "team";
const REQUEST = "quarterly";
const PATIENCE_MS = 20_000;

const wallClock: SimClock = {
  now: () => Date.now(),
  hang: async (signal) =>
    new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    }),
};

/** The revoke is approved by a person, and the quarantine is over when this resolves. */
export async function rotated(db: Db, setup: Setup): Promise<Evidence> {
  const fake = createFake(
    { quarantine: "1ms", gates: { mint: "Automatic", revoke: "Approval" }, ...setup },
    wallClock,
    randomBytes,
  );
  const documents: DesiredDocument[] = [];
  const add = async (kind: DesiredDocument["kind"], namespace: string, name: string, spec: object): Promise<void> => {
    documents.push({ kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } });
    const look = { source: "test", kind: "git", trust: "claimed", problems: [] } as const;
    await syncSource(db, { ...look, cursor: randomUUID(), documents });
  };
  await add("VendorAccount", "", ACCOUNT, fake.account);
  await add("Credential", NAMESPACE, "token", fake.credential);
  const engine = new Engine(depsOf(db, fake.adapter), {
    concurrency: 4,
    pollMs: 20,
    admission: { environment: "test", rotationOn: true, registry: { fake: fake.adapter } },
  });
  try {
    const asked = { flow: "Operational", expect: "Alive", reason: "quarterly", requestedBy: "ana" };
    await add("RotationRequest", NAMESPACE, REQUEST, { credentialRef: { name: "token" }, ...asked });
    const open = await until(db, (view) => view.rotation.endedAt !== undefined || summarize(view).gate !== undefined);
    // Rolling ends the old one by itself: there is nothing to approve.
    const { gate } = summarize(open);
    if (gate) {
      await add("RotationDecision", NAMESPACE, "approved", {
        requestRef: { name: REQUEST },
        action: "Approve",
        gate: gate.name,
        digest: gate.digest,
        confirm: "TOKEN",
        ticket: "SEC-1",
        reason: "all work",
        decidedBy: "ben",
      });
    }
    await until(db, ({ rotation, retired }) => {
      return rotation.endedAt !== undefined && retired.every(({ state }) => state !== "quarantined");
    });
  } finally {
    await engine.stop();
  }
  return { fake, ledger: await readLedger(db), now: Date.now() };
}

async function until(db: Db, wanted: (view: RotationView) => boolean): Promise<RotationView> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const [view] = await listRotations(db, { namespace: NAMESPACE, name: REQUEST });
    if (view && wanted(view)) return view;
    if (performance.now() > end) throw new Error(`it never came to be: ${JSON.stringify(view && summarize(view))}`);
    await delay(20);
  }
}

function depsOf(db: Db, adapter: Evidence["fake"]["adapter"]): Deps {
  const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
  const quiet = () => undefined;
  return {
    db,
    accounts: new Accounts({ fake: adapter }, () => undefined, clock),
    keys: keyRing(Secret.from(Buffer.alloc(32, 7).toString("base64"))),
    install: "test",
    environment: "test",
    clock,
    random: randomBytes,
    uuid: randomUUID,
    jitter: () => 0,
    pause: async (ms) => {
      await delay(ms);
    },
    timeout: (ms) => AbortSignal.timeout(ms),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    leaseMs: 6_000,
    replica: "a",
  };
}
