/**
 * An API server that is away from Velvet for an hour, and not from anybody else. The controller's clocks are moved on by an hour; the pauses
 * of its watches are at most half a minute long however long it lasts (`comeback.test.ts` tells an hour of them), and what an API server
 * forgets within an hour is forgotten.
 */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import { recordDecision } from "../../controller/ledger/decide.ts";
import type { SourceLook } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import { type Gate, gateTo } from "./environment/gate.ts";
import { type ApiServer, startApiServer } from "./environment/server.ts";
import { describeKubernetes, installCrds } from "./environment/shared.ts";
import { conditionsOf, OLD, velvetOn, type VelvetOnCluster } from "./velvet.ts";

const HOUR_MS = 3_600_000;
const PATIENCE = { timeout: 90_000, interval: 100 };

describeKubernetes("an API server that is away for an hour", () => {
  let server: ApiServer;
  let gate: Gate;
  let velvet: VelvetOnCluster;

  beforeAll(async () => {
    server = await startApiServer();
    await installCrds(server);
    gate = await gateTo(server.url, server.adminKubeconfig);
    velvet = await velvetOn(server);
    await velvet.start(gate.kubeconfig);
  }, 180_000);
  afterAll(async () => {
    await velvet?.[Symbol.asyncDispose]();
    await gate?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  async function shows(kind: string, name: string, expected: Readonly<Record<string, unknown>>): Promise<void> {
    await vi.waitFor(async () => expect(conditionsOf(await velvet.read(kind, name))).toMatchObject(expected), PATIENCE);
  }

  async function rotations(): Promise<unknown> {
    const text = `select q.name, r.state from velvet.rotation r join velvet.request q on q.uid = r.request order by r.created_at`;
    return velvet.ledger.db.query({ name: "rotations", text });
  }

  async function isInLedger(expected: readonly { readonly name: string; readonly state: string }[]): Promise<void> {
    await vi.waitFor(async () => expect(await rotations()).toEqual(expected), PATIENCE);
  }

  /** As the watch of a repository hands it to the ledger. */
  async function mergeInGit(name: string): Promise<void> {
    const { spec } = velvet.request(name) as { readonly spec: object };
    const document = {
      kind: "RotationRequest",
      namespace: velvet.namespace,
      name,
      spec: { expect: "Alive", ...spec },
      origin: { commit: "0".repeat(40), path: `${name}.yaml`, line: 1 },
    } as const;
    const look: SourceLook = { source: "tenants", kind: "git", trust: "claimed", documents: [], problems: [] };
    await syncSource(velvet.ledger.db, look);
    await syncSource(velvet.ledger.db, { ...look, documents: [document] });
  }

  /** As a person with the ledger's own commands. */
  async function approveAtTheTerminal(digest: string): Promise<void> {
    const spec: RotationDecisionSpec = {
      requestRef: { name: "gated" },
      action: "Approve",
      gate: "Revoke",
      digest,
      ticket: "SEC-1",
      confirm: "API_TOKEN",
      reason: "an hour without a cluster",
      decidedBy: "ada",
    };
    const specHash = createHash("sha256")
      .update(canonicalize(spec) ?? "")
      .digest("hex");
    await recordDecision(velvet.ledger.db, { namespace: velvet.namespace, name: "by-hand", spec, specHash });
  }

  it("holds up no rotation, and shows afterwards all that was decided, requested, deleted and rotated meanwhile", async () => {
    const gated = velvet.credential("api-token", { gates: { mint: "Automatic", revoke: "Approval" } });
    await velvet.apply(...velvet.accountObjects(), gated, velvet.credential("unused"));
    await velvet.apply(velvet.request("gated"), velvet.request("waits", { credentialRef: { name: "nobody" } }));
    await shows("rr", "gated", { RevokeApproved: "Unknown/AwaitingApproval" });
    await shows("rr", "waits", { Ready: "False/CredentialNotFound" });
    const before = await velvet.read("rr", "gated");
    const { digest } = before.status["gate"] as { readonly digest: string };

    await gate.shut();
    velvet.later(HOUR_MS);
    await approveAtTheTerminal(digest);
    await isInLedger([{ name: "gated", state: "done" }]);
    await mergeInGit("from-git");
    await isInLedger([
      { name: "gated", state: "done" },
      { name: "from-git", state: "validated" },
    ]);
    const held = await velvet.held();
    await server.must(["delete", "rr/waits", "credential/unused", "-n", velvet.namespace]);
    await velvet.apply(velvet.credential("api-token"), velvet.request("meanwhile"));
    await server.compact();
    await server.restart();

    const begun = performance.now();
    await gate.open();
    await shows("rr", "gated", { Ready: "True/Done", RevokeApproved: "True/Approved" });
    await shows("credential", "api-token", { Rotating: "True/Validated" });
    // The rotation that goes on is the one from git: the one of the cluster is refused or waits with its name, and is not lost.
    await vi.waitFor(async () => {
      const { status } = await velvet.read("rr", "meanwhile");
      expect(status.conditions?.find(({ type }) => type === "Ready")?.message).toContain("from-git");
    }, PATIENCE);
    const text = "select name, present from velvet.object where name in ('waits', 'unused') order by name";
    await vi.waitFor(async () => {
      expect(await velvet.ledger.db.query({ name: "gone", text })).toEqual([
        { name: "unused", present: false },
        { name: "waits", present: false },
      ]);
      const row = "select ready, reason from velvet.source where name = 'kubernetes'";
      expect(await velvet.ledger.db.query({ name: "row", text: row })).toEqual([{ ready: true, reason: "Synced" }]);
    }, PATIENCE);
    console.log(`converged ${Math.round(performance.now() - begun)} ms after it was back`);
    expect(held).not.toBe(OLD);
    expect(await velvet.held()).toBe(held);
    const after = await velvet.read("rr", "gated");
    expect(after.status).toMatchObject({ jobID: before.status["jobID"], startedAt: before.status["startedAt"] });
  }, 240_000);
});
