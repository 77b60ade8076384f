/** What no telling comes upon, because the engine sees to it: asked of a ledger directly, and what comes of it. */
import { randomUUID } from "node:crypto";
import type { Db } from "../../../../controller/ledger/db.ts";
import { statement } from "../../../../controller/ledger/db.ts";
import type { PendingRequest } from "../../../../controller/ledger/requests.ts";
import { pendingRequests, startRotation } from "../../../../controller/ledger/requests.ts";
import { claimRotations } from "../../../../controller/ledger/claims.ts";
import { syncSource } from "../../../../controller/sources/sync.ts";
import { BEGINNING } from "../clock.ts";
import { simStatement } from "../database.ts";
import type { ToldLedger } from "../database.ts";

const RECORD = statement("record");
const ROWS = simStatement("rows");
const PREFIX = "0edbe000";
const NAMESPACE = "edges";
const ID = `${PREFIX}-0000-4000-8000-000000000001`;
const OTHER = `${PREFIX}-0000-4000-8000-000000000002`;

/** By what was tried: the code of the refusal, or how many rows came back. */
export type Edges = Readonly<Record<string, string | number>>;

export async function edgesOf(ledger: ToldLedger): Promise<Edges> {
  ledger.now = () => BEGINNING;
  await ledger.begin(PREFIX);
  const { db } = ledger;
  const [first, second] = await requests(db);
  await start(db, first, ID);
  const found: Record<string, string | number> = {};
  const tryOut = async (name: string, work: () => Promise<number>): Promise<void> => {
    const before = await rowsOf(db);
    found[name] = await work().catch(codeOf);
    if (typeof found[name] === "string" || found[name] === 0)
      found[`${name}: it stays as it was`] = String(before === (await rowsOf(db)));
  };
  await tryOut("a second live rotation", async () => start(db, second, OTHER));
  await tryOut("a request that is accepted", async () => start(db, first, OTHER));
  await tryOut("claimed", async () => (await claimRotations(db, "a", 8, 30_000)).length);
  await tryOut("claimed while it is held", async () => (await claimRotations(db, "b", 8, 30_000)).length);
  for (const [name, work] of Object.entries(TRANSACTIONS)) await tryOut(name, async () => work(db));
  for (const [name, change] of Object.entries(RECORDS)) await tryOut(name, async () => record(db, change));
  return found;
}

interface Change {
  readonly fence?: number;
  readonly patch?: object;
  readonly consumers?: readonly object[];
  readonly attempts?: readonly object[];
  readonly effects?: readonly object[];
  readonly retired?: readonly object[];
  readonly audit?: number;
}

const CONSUMER = { id: "app", state: "writing", touched: true, facts: {} };
const ATTEMPT = {
  id: `${PREFIX}-0000-4000-8000-00000000000a`,
  number: 1,
  marker: "m",
  mint_class: "markable",
  inventory: [],
  state: "open",
  deadline: new Date(BEGINNING).toISOString(),
  fingerprints: {},
  facts: {},
};
const RETIRED = { vendor_id: "old", state: "quarantined", destroy_after_ms: 1_000, residual: [] };
const HELD = { chainSeq: 1 };

/** In this order. Where nothing else is said, the fence and the chain are right. */
const RECORDS: Readonly<Record<string, Change>> = {
  "another fence": { fence: 0 },
  "another length of the chain": { patch: { chainSeq: 0 } },
  "more wakes than there were": { patch: { ...HELD, ifWakes: 1 } },
  "a state that no consumer has": { consumers: [{ ...CONSUMER, state: "lost" }] },
  "an outcome that no effect has": {
    effects: [{ id: ATTEMPT.id, label: "issuer.mint", deadline_ms: 1, outcome: "maybe", detail: {} }],
  },
  "half a millisecond": { retired: [{ ...RETIRED, destroy_after_ms: 0.5 }] },
  "one retired id twice": { retired: [RETIRED, RETIRED] },
  "two open attempts": { attempts: [ATTEMPT, { ...ATTEMPT, id: OTHER, number: 2 }] },
  "a number of two attempts": { attempts: [ATTEMPT, { ...ATTEMPT, id: OTHER, state: "burned" }] },
  "an audit row that is there": { audit: 1 },
  "a value that outlives its rotation": { patch: { ...HELD, sealedPrevious: "AAAA", ended: true } },
};

async function record(db: Db, change: Change): Promise<number> {
  const { fence = 1, patch = HELD, consumers = [], attempts = [], effects = [], retired = [], audit } = change;
  const parts = [patch, consumers, attempts, effects, [], retired, []].map((part) => JSON.stringify(part));
  const chain = audit === undefined ? [[], [], []] : [[audit], [Buffer.from("{}")], [Buffer.alloc(32)]];
  return (await db.query(RECORD, [ID, fence, ...parts, ...chain, "[]"])).length;
}

const CLOSE = statement("close_request");
const CLOSED = [randomUUID(), "refused", "Because", ""];

const TRANSACTIONS: Readonly<Record<string, (db: Db) => Promise<number>>> = {
  "a transaction that is given up": async (db) =>
    db.transaction(async (tx) => {
      const [waiting] = await pendingRequests(tx, 1);
      await tx.query(CLOSE, [waiting?.uid, ...CLOSED.slice(1)]);
      throw Object.assign(new Error("given up"), { code: "given up" });
    }),
  "a statement after one that was refused": async (db) =>
    db.transaction(async (tx) => {
      const [waiting] = await pendingRequests(tx, 1);
      await start(tx, waiting, OTHER).catch(() => undefined);
      return (await tx.query(CLOSE, CLOSED)).length;
    }),
  "a commit after a refusal": async (db) =>
    db.transaction(async (tx) => {
      const [waiting] = await pendingRequests(tx, 1);
      await tx.query(CLOSE, [waiting?.uid, ...CLOSED.slice(1)]);
      await record(tx, { retired: [RETIRED, RETIRED] }).catch(() => undefined);
      return 0;
    }),
  "a transaction within another": async (db) => db.transaction(async (tx) => tx.transaction(async () => 1)),
};

async function requests(db: Db): Promise<PendingRequest[]> {
  const shown = (kind: "VendorAccount" | "Credential" | "RotationRequest", name: string, spec: object) => {
    const namespace = kind === "VendorAccount" ? "" : NAMESPACE;
    return { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } };
  };
  const request = {
    credentialRef: { name: "token" },
    flow: "Operational",
    expect: "Alive",
    reason: "r",
    requestedBy: "ana",
  };
  await syncSource(db, {
    source: PREFIX,
    kind: "git",
    cursor: "1",
    trust: "signed",
    documents: [
      shown("Credential", "token", { issuer: { account: "vendor" } }),
      shown("RotationRequest", "r1", request),
      shown("RotationRequest", "r2", request),
    ],
    problems: [],
  });
  return pendingRequests(db, 8);
}

async function start(db: Db, request: PendingRequest | undefined, id: string): Promise<number> {
  if (!request) return 0;
  const snapshot = { credential: {}, accounts: {} } as never;
  const consumers = [
    { id: "", state: "pending", facts: {} },
    { id: "app", state: "pending", facts: { unsureUntil: "2027-03-01T09:00:01.000Z" } },
  ] as const;
  const credential = request.credentialUid ?? "";
  return Number(
    await startRotation(
      db,
      request,
      { id, credential, snapshot, snapshotHash: "0", state: "verifying", facts: {}, consumers },
      (bytes) => Buffer.alloc(bytes, 7),
    ),
  );
}

async function rowsOf(db: Db): Promise<string> {
  return JSON.stringify(await db.query(ROWS, [NAMESPACE]));
}

function codeOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  return code ?? message;
}
