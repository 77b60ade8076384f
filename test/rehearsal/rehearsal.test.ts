/** Rehearsals from the request to the report: the real ledger, engine and adapters, and emulated vendors. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { summarize } from "../../controller/domain/summarize.ts";
import { requestStatus } from "../../controller/projections/kubernetes/request-status.ts";
import type { RequestView, RotationView } from "../../controller/ledger/views.ts";
import type { FreshLedger } from "../support/postgres.ts";
import { freshLedger } from "../support/postgres.ts";
import { KEY, openWorld, TRIED, type World } from "./world.ts";

let ledger: FreshLedger;
let world: World;

beforeEach(async () => {
  ledger = await freshLedger();
  world = await openWorld(ledger.db);
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  await ledger.drop();
});

function rotationOf(view: RotationView | RequestView): RotationView {
  if (!("rotation" in view)) throw new Error(`${view.reason}: ${view.message}`);
  return view;
}

const hasEnded = (view: RotationView | RequestView): boolean =>
  "rotation" in view ? view.rotation.endedAt !== undefined : view.state === "refused";

async function ended(name = "drill"): Promise<RotationView> {
  return rotationOf(await world.rehearse(name, hasEnded));
}

async function refused(name = "drill"): Promise<RequestView> {
  const view = await world.rehearse(name, hasEnded);
  if ("rotation" in view) throw new Error("it was not refused");
  return view;
}

async function left(): Promise<{ current: string | null; sealed: number }> {
  const { rows } = await ledger.pool.query<{ current: string | null; sealed: string }>(
    `select (select current_id from velvet.credential) as current, (
       select count(*) from velvet.rotation where sealed_slots is not null or sealed_previous is not null) + (
       select count(*) from velvet.attempt where sealed is not null) as sealed`,
  );
  return { current: rows[0]?.current ?? null, sealed: Number(rows[0]?.sealed) };
}

describe("a rehearsal through real adapters", () => {
  it("tries a preview app, a key beside, a folder and a file, leaves all as it was, and reports what it could not try", async () => {
    await world.addCredential(world.consumers());
    const before = await world.places();
    const view = await ended();
    const status = summarize(view);
    expect(await world.places()).toEqual(before);
    expect(before.preview).toEqual(TRIED);
    expect(status.stage).toBe("Done");
    expect(status.rehearsal?.slots).toEqual([
      { id: "custody", outcome: "proven", message: "holds the new credential" },
      { id: "app", outcome: "proven", message: "holds what the vendor accepts" },
      { id: "ci", outcome: "unproven", message: expect.stringContaining("does not show values") },
      { id: "vault", outcome: "proven", message: "holds what the vendor accepts" },
      { id: "web", outcome: "proven", message: "holds what the vendor accepts" },
    ]);
    expect(status.rehearsal?.notRehearsed).toEqual([
      { part: "consumer", id: "batch", why: "it has no testSlot" },
      { part: "revoke", why: expect.stringContaining("only the throwaway is") },
    ]);
    expect(status.conditions.find(({ type }) => type === "Revoked")).toMatchObject({
      status: "True",
      reason: "ThrowawayGone",
      message: expect.stringMatching(/does not list .* refuses its value\. No test slot holds it\./),
    });
    expect(status.conditions.find(({ type }) => type === "Ready")?.message).toContain("Written, not proven: ci.");
    expect(status.residual).toEqual([]);
    const { rotation } = view;
    const request = { ...rotation, state: "accepted", reason: "", message: "", trust: "claimed" } as const;
    const shown = requestStatus({ ...request, appearedAt: rotation.createdAt, rotation: view }, [], 1, view.now);
    expect(shown).toMatchObject({
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: "Ready", status: "True", message: expect.stringContaining("is gone.") }),
        expect.objectContaining({ type: "Validated", status: "Unknown", reason: "NotProven" }),
        expect.objectContaining({ type: "Revoked", status: "True", reason: "ThrowawayGone" }),
      ]),
    });
    expect(shown).not.toHaveProperty("currentId");
    expect(await left()).toEqual({ current: null, sealed: 0 });
    expect(world.heroku.strays).toEqual([]);
  });

  it("is asked again after a real rotation, and does not move what is current", async () => {
    await world.addCredential(world.consumers().slice(0, 1), { gates: { mint: "Automatic", revoke: "Automatic" } });
    await world.add("RotationRequest", "first", {
      credentialRef: { name: "token" },
      flow: "Operational",
      reason: "the quarter",
      requestedBy: "ana",
    });
    await ended("first");
    const { current } = await left();
    const before = await world.places();
    expect((await ended()).rotation.state).toBe("done");
    expect(current).not.toBeNull();
    expect((await left()).current).toBe(current);
    expect(await world.places()).toEqual(before);
  });

  it("waits for whoever approves the mint, and leaves nothing when it is denied", async () => {
    await world.addCredential(world.consumers(), { gates: { mint: "Approval", revoke: "Approval" } });
    const before = await world.places();
    const waiting = rotationOf(
      await world.rehearse("drill", (view) => "rotation" in view && summarize(view).gate !== undefined),
    );
    const { gate } = summarize(waiting);
    expect(gate).toMatchObject({ name: "Mint", message: expect.stringContaining("throwaway") });
    await world.decide("drill", { action: "Deny", gate: "Mint", digest: gate?.digest ?? "" });
    const view = await ended();
    expect(view.rotation.state).toBe("aborted");
    expect(view.attempts).toEqual([]);
    expect(await world.places()).toEqual(before);
  });
});

describe("a rehearsal that would touch what is live", () => {
  it("is refused where a slot is a live place of its own Credential", async () => {
    const [app, ...rest] = world.consumers();
    await world.addCredential([{ ...app!, testSlot: { app: "Orders-Batch" } }, ...rest]);
    const { reason, message } = await refused();
    expect(reason).toBe("RehearsalTouchesLive");
    expect(message).toContain("it belongs to this Credential, consumer batch");
  });

  it("is refused where a slot is a live place of another Credential", async () => {
    const keys = [{ field: "value", name: KEY }];
    const other = { id: "preview", account: "heroku", heroku: { app: "orders-preview" }, keys };
    await world.addCredential([other], {}, "other");
    await world.addCredential(world.consumers());
    const { reason, message } = await refused();
    expect(reason).toBe("RehearsalTouchesLive");
    expect(message).toContain("it belongs to orders/other, consumer preview");
  });

  it("ends before anything is minted where a slot holds the credential in use", async () => {
    await world.addCredential(world.consumers());
    const { live } = await world.places();
    await world.writeFile("web/.env.rehearsal", `${KEY}=${live[KEY]}\n`);
    const before = await world.places();
    const view = await ended();
    expect(view.rotation.state).toBe("aborted");
    expect(view.attempts).toEqual([]);
    expect(summarize(view).rehearsal?.stopped).toMatch(/^RehearsalTouchesLive: The test slot of web holds/);
    expect(await world.places()).toEqual(before);
  });

  it("is refused where two consumers share a slot, and where there is none", async () => {
    const [app, , , web] = world.consumers();
    await world.addCredential([app!, { ...app!, id: "twin", heroku: { app: "orders-twin" } }]);
    expect(await refused()).toMatchObject({ reason: "TestSlotTaken" });
    const { testSlot: _, ...bare } = web!;
    await world.addCredential([bare], {}, "bare");
    await world.add("RotationRequest", "none", {
      credentialRef: { name: "bare" },
      flow: "Testing",
      reason: "a drill",
      requestedBy: "ana",
    });
    expect(await refused("none")).toMatchObject({ reason: "NothingToRehearse" });
  });
});
