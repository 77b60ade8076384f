import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { asSuperuser, type FreshLedger, freshLedger } from "../../test/support/postgres.ts";
import { snapshotHash, gateDigest } from "../domain/gates.ts";
import type { Db } from "../ledger/db.ts";
import type { Snapshot } from "../domain/world.ts";
import { approveCommand } from "./approve.ts";
import type { CommandContext } from "./command.ts";
import { openOutput, type Stream } from "./output.ts";
import { ledgerDesk } from "./ledger-desk.ts";
import { ledgerReading } from "./ledger-reading.ts";
import { statusCommand } from "./status.ts";

const NOW = "2026-03-01T10:00:00.000Z";
const ROTATION = "5b0f5a0e-1b9c-4f0e-8a44-0a5e0b7a0001";
const ATTEMPT = "5b0f5a0e-1b9c-4f0e-8a44-0a5e0b7a0002";

let ledger: FreshLedger;

beforeAll(async () => {
  ledger = await freshLedger();
  await seed();
});

afterAll(async () => ledger?.drop());

function tape(): Stream & { text: () => string } {
  let text = "";
  return { write: (more) => (text += more), text: () => text };
}

let stdout: ReturnType<typeof tape>;
let stderr: ReturnType<typeof tape>;
let context: CommandContext;

beforeEach(() => {
  [stdout, stderr] = [tape(), tape()];
  context = {
    env: {},
    machine: { root: false, home: "/nowhere" },
    out: openOutput({ stdout, stderr, noColour: undefined }),
    clock: { now: () => new Date(NOW), monotonicMs: () => 0 },
    random: (bytes) => Buffer.alloc(bytes),
    stop: new AbortController().signal,
  };
});

const SNAPSHOT: Snapshot = {
  request: {
    namespace: "orders",
    name: "orders-db-1",
    spec: { credentialRef: { name: "orders-db" }, flow: "Operational", reason: "drill", requestedBy: "ada" },
  },
  credential: {
    uid: "5b0f5a0e-1b9c-4f0e-8a44-0a5e0b7a0003",
    namespace: "orders",
    name: "orders-db",
    generation: 1,
    spec: {
      credentialName: "ORDERS_DB",
      environment: "development",
      issuer: { account: "orders-postgres" },
      readFrom: "orders-app",
      consumers: [{ id: "orders-app", account: "orders-files", keys: [{ field: "url", name: "DATABASE_URL" }] }],
      gates: { mint: "Automatic", revoke: "Approval" },
    },
  },
  accounts: {},
};

const FACTS = {
  snapshot: SNAPSHOT,
  hash: snapshotHash(SNAPSHOT),
  digest: "",
};

/** A rotation at its revoke gate, a request that was refused, and a source with a wrong file. */
async function seed(): Promise<void> {
  const rotation = { id: ROTATION, snapshotHash: FACTS.hash };
  const attempt = { id: ATTEMPT, state: "minted" };
  FACTS.digest = gateDigest({ rotation, attempts: [attempt] } as unknown as Parameters<typeof gateDigest>[0], "Revoke");
  const facts = JSON.stringify({
    verify: {
      at: NOW,
      liveness: "alive",
      reason: "LoginAccepted",
      message: "ok",
      controlled: true,
      previousId: "orders#1",
    },
    gates: { Revoke: { digest: FACTS.digest, openedAt: NOW } },
    entered: [
      { state: "verifying", at: "2026-03-01T09:59:00.000Z" },
      { state: "validated", at: "2026-03-01T09:59:02.500Z" },
    ],
  });
  const receipt = JSON.stringify({
    receipt: { at: NOW, by: "check", proves: "credential", attempt: ATTEMPT, message: "works\u001b[2J with it" },
  });
  await asSuperuser(
    `insert into velvet.object (kind, namespace, name, uid, source, spec, spec_hash) values
       ('Credential', 'orders', 'orders-db', '${SNAPSHOT.credential.uid}', 'git', '{}', '');
     insert into velvet.credential (uid, namespace, name) values ('${SNAPSHOT.credential.uid}', 'orders', 'orders-db');
     insert into velvet.request (uid, namespace, name, spec, spec_hash, state, appeared_at, deadline, rotation) values
       ('${ROTATION}', 'orders', 'orders-db-1', '${JSON.stringify(SNAPSHOT.request.spec)}', '', 'accepted',
        '2026-03-01T09:59:00Z', '2026-03-08T09:59:00Z', '${ROTATION}');
     insert into velvet.request (namespace, name, spec, spec_hash, state, reason, message, appeared_at, deadline) values
       ('orders', 'orders-db-2', '${JSON.stringify(SNAPSHOT.request.spec)}', '', 'refused', 'RotationInProgress',
        'orders-db-1 is still running', '2026-03-01T09:58:00Z', '2026-03-08T09:59:00Z');
     insert into velvet.rotation (id, request, credential, namespace, name, credential_name, flow, expect, state, snapshot,
       snapshot_hash, facts, created_at) values
       ('${ROTATION}', '${ROTATION}', '${SNAPSHOT.credential.uid}', 'orders', 'orders-db-1', 'orders-db', 'Operational',
        'Alive', 'validated', '${JSON.stringify(SNAPSHOT)}', '${FACTS.hash}', '${facts}', '2026-03-01T09:59:00Z');
     insert into velvet.attempt (id, rotation, credential, number, marker, mint_class, state, deadline, facts) values
       ('${ATTEMPT}', '${ROTATION}', '${SNAPSHOT.credential.uid}', 1, 'm', 'client-supplied', 'minted', '${NOW}',
        '{"aliveAt": "${NOW}"}');
     insert into velvet.consumer (rotation, id, state, touched, facts) values ('${ROTATION}', 'orders-app', 'working', true, '${receipt}');
     insert into velvet.source (name, kind, ready, reason, message) values ('git:here', 'git', true, 'Synced', '');
     insert into velvet.source_problem (source, path, line, col, code, message) values
       ('git:here', 'teams/orders/x.yaml', 3, 5, 'UnknownField', 'there is no field "isuer"')`,
    ledger.name,
  );
}

it("lists rotations and refused requests, newest first, and what is wrong with the sources", async () => {
  expect(await statusCommand(context, undefined, {}, ledgerReading(ledger.db, context))).toBe(0);
  expect(stdout.text()).toMatchInlineSnapshot(`
    "NAMESPACE  REQUEST      CREDENTIAL  FLOW         STAGE      AGE    WHAT
    orders     orders-db-1  orders-db   Operational  Validated  1 min  waits for a person: Revoke gate
    orders     orders-db-2  orders-db   Operational  Refused    2 min  RotationInProgress: orders-db-1 is still running

    The source git:here has manifests that are refused:
      teams/orders/x.yaml:3:5  UnknownField: there is no field "isuer"
    "
  `);
});

it("shows one rotation with its conditions, consumers and the command that opens its gate", async () => {
  expect(await statusCommand(context, "orders-db-1", {}, ledgerReading(ledger.db, context))).toBe(0);
  const text = stdout.text();
  expect(text).toContain("orders/orders-db-1  Operational of orders-db");
  expect(text).toMatch(/^Verified +True +LoginAccepted +ok$/m);
  expect(text).toMatch(/^orders-app +working +works with it$/m);
  expect(text).toContain(`digest ${FACTS.digest}`);
  expect(text).toContain(
    `velvet approve orders/orders-db-1 --gate Revoke --digest ${FACTS.digest} --confirm <credentialName> --ticket <ticket>`,
  );
  expect(text).not.toContain("\u001b");
});

it("answers programs in JSON", async () => {
  await statusCommand(context, undefined, { output: "json" }, ledgerReading(ledger.db, context));
  const page: unknown = JSON.parse(stdout.text());
  expect(page).toMatchObject({
    rotations: [{ name: "orders-db-1", stage: "Validated", gate: { name: "Revoke", digest: FACTS.digest } }],
    requests: [{ name: "orders-db-2", state: "refused", reason: "RotationInProgress" }],
    sources: [{ name: "git:here", problems: [{ code: "UnknownField" }] }],
  });
});

it("fails for a request that nobody knows", async () => {
  await expect(statusCommand(context, "nope", {}, ledgerReading(ledger.db, context))).rejects.toMatchObject({
    exitCode: 1,
  });
});

it("watches until what was named is over, or until it is stopped, and writes only what has changed", async () => {
  expect(await statusCommand(context, "orders-db-2", { watch: true }, ledgerReading(ledger.db, context))).toBe(0);
  expect(stdout.text().match(/RotationInProgress/g)).toHaveLength(1);

  const stopping = new AbortController();
  let asked = 0;
  const db: Db = {
    ...ledger.db,
    query: async <Row>(...args: Parameters<Db["query"]>) => {
      if (++asked === 10) stopping.abort(); // five statements for each look: after the second look
      return ledger.db.query<Row>(...args);
    },
  };
  expect(
    await statusCommand(
      { ...context, stop: stopping.signal },
      "orders-db-1",
      { watch: true },
      ledgerReading(db, context),
    ),
  ).toBe(0);
  expect(stdout.text().match(/^orders\/orders-db-1 /gm)).toHaveLength(1);
});

const CAREFUL = { decidedBy: "ada", reason: "looks right", confirm: "ORDERS_DB", ticket: "OPS-7" } as const;

it("writes the decision for the gate that is open, with the digest from the ledger, and says what it approves", async () => {
  await approveCommand(context, "orders-db-1", CAREFUL, async (work) => work(ledgerDesk(context, ledger.db)));
  expect(stdout.text()).toMatch(/^apiVersion: velvet\.raxx\.app\/v1alpha1\nkind: RotationDecision\n/);
  expect(stdout.text()).toContain(`digest: ${FACTS.digest}\n  confirm: ORDERS_DB\n  ticket: OPS-7\n`);
  expect(stderr.text()).toContain("Approving the Revoke gate of orders/orders-db-1, which rotates ORDERS_DB");
  expect(stderr.text()).toContain("orders#1, the old credential of ORDERS_DB, will be revoked. 1 of 1 consumers work");
});

it("refuses to approve another credential, an outdated digest, a closed gate, or a revoke without ticket and name", async () => {
  const approve = async (options: object): Promise<unknown> =>
    approveCommand(context, "orders-db-1", { ...CAREFUL, ...options }, async (work) =>
      work(ledgerDesk(context, ledger.db)),
    ).catch((error: unknown) => error);
  expect(await approve({ confirm: "OTHER_DB" })).toMatchObject({
    exitCode: 2,
    message: expect.stringContaining("OTHER_DB"),
  });
  expect(await approve({ digest: "sha256:old" })).toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(FACTS.digest),
  });
  expect(await approve({ gate: "Mint" })).toMatchObject({
    exitCode: 2,
    message: expect.stringContaining("The Revoke gate is."),
  });
  expect(await approve({ ticket: undefined, confirm: undefined })).toMatchObject({
    exitCode: 2,
    message: "Approving a revoke needs --confirm <credentialName> and --ticket <ticket>.",
  });
  expect(stdout.text()).toBe("");
});
