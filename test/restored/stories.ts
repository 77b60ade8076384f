/** What may have happened to a Credential around a backup, each told for one of them. */
import { Transient } from "../../adapters/errors.ts";
import type { Happened } from "../../controller/domain/restored/subject.ts";
import type { Fault } from "../support/fake-vendor.ts";
import type { CredentialShape, DrillWorld } from "./drill-world.ts";

export interface Story {
  /** Of its Credential. */
  readonly name: string;
  readonly what: string;
  readonly shape?: CredentialShape;
  /** What the report must say. */
  readonly happened: Happened;
  /** The Credential appears after the backup. */
  readonly isLate?: boolean;
  /** Up to the backup. */
  readonly before?: (world: DrillWorld, faults: Faults) => Promise<void>;
  /** In the time that is lost. */
  readonly meanwhile?: (world: DrillWorld, faults: Faults) => Promise<void>;
  /** What its consumers hold is dead, which no ledger can help. */
  readonly isDead?: boolean;
}

/** Switched by the stories: what fails, and what hangs until it is let go. */
export class Faults {
  readonly #failing = new Set<string>();
  readonly #hanging = new Map<
    string,
    { readonly reached: () => void; readonly free: Promise<void>; readonly release: () => void }
  >();

  readonly fault: Fault = async ({ label, target }, point) => {
    if (point === "before" && this.#failing.has(`${label} ${target}`)) {
      throw new Transient({ reason: "Unavailable", message: "it is away" }, { vendor: "fake", operation: label });
    }
    const [, hang] =
      [...this.#hanging].find(([of]) => point === "after" && label === "issuer.mint" && target.includes(of)) ?? [];
    if (hang === undefined) return;
    hang.reached();
    await hang.free;
  };

  fail(label: string, target: string, fails: boolean): void {
    if (fails) this.#failing.add(`${label} ${target}`);
    else this.#failing.delete(`${label} ${target}`);
  }

  /** The answer to the next mint of the Credential of this uid hangs. Resolves when it does. */
  hang(uid: string): Promise<void> {
    const [reached, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    this.#hanging.set(uid, { reached: reached.resolve, free: free.promise, release: free.resolve });
    return reached.promise;
  }

  releaseAll(): void {
    for (const { release } of this.#hanging.values()) release();
    this.#hanging.clear();
  }
}

async function rotate(
  world: DrillWorld,
  credential: string,
  request = `${credential}-1`,
  spec: object = {},
): Promise<void> {
  world.request(request, credential, spec);
  await world.sync();
  await world.ended(request);
}

/** Begins a rotation that cannot finish: one of its consumers is away. */
async function beginHalf(world: DrillWorld, faults: Faults, name: string): Promise<void> {
  faults.fail("sink.write", `${name}/job`, true);
  world.request(`${name}-1`, name);
  await world.sync();
  await world.until(`${name} half way`, async () => {
    const view = await world.rotation(`${name}-1`);
    return view?.consumers.some(({ id, state }) => id === "app" && state === "working") === true;
  });
}

async function hangMint(world: DrillWorld, faults: Faults, name: string): Promise<void> {
  const [row] = await world.rows<{ uid: string }>(
    "select uid from velvet.object where kind = 'Credential' and name = $1",
    [name],
  );
  const reached = faults.hang(row?.uid ?? "");
  world.request(`${name}-1`, name);
  await world.sync();
  await reached;
}

async function untilGone(world: DrillWorld, id: string): Promise<void> {
  await world.until(`the end of ${id}`, async () => !world.vendor.keys.has(id));
}

async function byHand(world: DrillWorld, name: string): Promise<void> {
  const value = `${name}-value-1`;
  world.vendor.keys.set(`${name}-1`, { value, marker: undefined, enabled: true, family: name });
  world.handIn(`${name}-1`, name, value);
  await world.sync();
  await endByHand(world, `${name}-1`, `${name}-0`);
}

/** Waits until a person is asked to end the old one, ends it, and says so. */
export async function endByHand(world: DrillWorld, request: string, id: string): Promise<void> {
  await world.until(
    `${request} asks for a person`,
    async () => (await world.rotation(request))?.rotation.state === "validated",
  );
  const key = world.vendor.keys.get(id);
  if (key) key.enabled = false;
  world.decide(`${request}-ended`, { requestRef: { name: request }, action: "MarkRevoked", ticket: "OPS-1" });
  await world.sync();
  await world.ended(request);
}

const revocation = { flow: "Revocation", target: "Current", ticket: "SEC-1" };

export const STORIES: readonly Story[] = [
  { name: "quiet", what: "nothing happened", happened: "unchanged", before: async (world) => rotate(world, "quiet") },
  { name: "once", what: "rotated once", happened: "rotated", meanwhile: async (world) => rotate(world, "once") },
  {
    name: "twice",
    what: "rotated before the backup and twice after",
    happened: "rotated",
    before: async (world) => rotate(world, "twice", "twice-0"),
    meanwhile: async (world) => {
      await rotate(world, "twice", "twice-1");
      await rotate(world, "twice", "twice-2");
    },
  },
  {
    name: "halfway",
    what: "half way at the backup, finished after",
    happened: "goes-on",
    before: async (world, faults) => beginHalf(world, faults, "halfway"),
    meanwhile: async (world, faults) => {
      faults.fail("sink.write", "halfway/job", false);
      await world.ended("halfway-1");
    },
  },
  {
    name: "taken-back",
    what: "half way at the backup, aborted after",
    happened: "taken-back",
    before: async (world, faults) => beginHalf(world, faults, "taken-back"),
    meanwhile: async (world, faults) => {
      world.decide("take-back", { requestRef: { name: "taken-back-1" }, action: "Abort" });
      await world.sync();
      await world.until("the abort", async () => (await world.rotation("taken-back-1"))?.rotation.state === "aborting");
      faults.fail("sink.write", "taken-back/job", false);
      await world.ended("taken-back-1");
    },
  },
  {
    name: "stuck",
    what: "half way at the backup, aborted after, one consumer could not be given the old one",
    happened: "goes-on",
    before: async (world, faults) => beginHalf(world, faults, "stuck"),
    meanwhile: async (world, faults) => {
      world.decide("abort-stuck", { requestRef: { name: "stuck-1" }, action: "Abort" });
      await world.sync();
      await world.ended("stuck-1");
      faults.fail("sink.write", "stuck/job", false);
    },
  },
  {
    name: "overrun",
    what: "half way at the backup, finished and rotated again after",
    happened: "rotated",
    before: async (world, faults) => beginHalf(world, faults, "overrun"),
    meanwhile: async (world, faults) => {
      faults.fail("sink.write", "overrun/job", false);
      await world.ended("overrun-1");
      await rotate(world, "overrun", "overrun-2");
    },
  },
  {
    name: "in-flight",
    what: "its mint without an outcome at the backup, finished after",
    happened: "finished",
    shape: { adapter: "markable" },
    before: async (world, faults) => hangMint(world, faults, "in-flight"),
    meanwhile: async (world) => world.ended("in-flight-1"),
  },
  {
    name: "chosen",
    what: "the same where Velvet chooses the value",
    happened: "finished",
    before: async (world, faults) => hangMint(world, faults, "chosen"),
    meanwhile: async (world) => world.ended("chosen-1"),
  },
  {
    name: "revoked",
    what: "revoked after a leak",
    happened: "ended",
    isDead: true,
    meanwhile: async (world) => {
      for (const id of ["app", "job"]) world.vendor.required.delete(`revoked/${id}`);
      world.request("revoked-1", "revoked", revocation);
      await world.sync();
      await world.until("the revoke", async () => world.vendor.keys.get("revoked-0")?.enabled !== true);
    },
  },
  {
    name: "reissued",
    what: "revoked after a leak, and issued again",
    happened: "rotated",
    meanwhile: async (world) => {
      for (const id of ["app", "job"]) world.vendor.required.delete(`reissued/${id}`);
      await rotate(world, "reissued", "reissued-1", revocation);
      await rotate(world, "reissued", "reissued-2", { expect: "Dead" });
      world.require("reissued");
    },
  },
  {
    name: "created",
    what: "created, issued for the first time and rotated",
    happened: "rotated",
    isLate: true,
    shape: { isNew: true },
    meanwhile: async (world) => {
      await rotate(world, "created", "created-1", { expect: "Absent" });
      world.require("created");
      await rotate(world, "created", "created-2");
    },
  },
  {
    name: "assisted",
    what: "waiting for a person's value at the backup, handed in and finished after",
    happened: "rotated",
    shape: { adapter: "byhand" },
    before: async (world) => {
      world.request("assisted-1", "assisted");
      await world.sync();
      await world.until(
        "the question",
        async () => (await world.rotation("assisted-1"))?.rotation.facts.assisted?.mint !== undefined,
      );
    },
    meanwhile: async (world) => byHand(world, "assisted"),
  },
  {
    name: "destroyed",
    what: "its old one in quarantine at the backup, destroyed after",
    happened: "unchanged",
    before: async (world) => rotate(world, "destroyed"),
    meanwhile: async (world) => {
      world.decide("destroy", {
        credentialRef: { name: "destroyed" },
        action: "DestroyRetired",
        vendorId: "destroyed-0",
      });
      await world.sync();
      await untilGone(world, "destroyed-0");
    },
  },
  {
    name: "brought-back",
    what: "its old one in quarantine at the backup, brought back and given to one consumer after",
    happened: "unchanged",
    before: async (world) => rotate(world, "brought-back"),
    meanwhile: async (world) => {
      world.decide("bring-back", {
        credentialRef: { name: "brought-back" },
        action: "RestoreRetired",
        vendorId: "brought-back-0",
      });
      await world.sync();
      await world.until("it is back", async () => world.vendor.keys.get("brought-back-0")?.enabled === true);
      await world.remove("RotationDecision", "bring-back"); // as one that was given with --now
      world.vendor.overwrite("brought-back/job", "brought-back-value-0", { by: "ana" });
    },
  },
  {
    name: "aborted",
    what: "minted and aborted",
    happened: "unchanged",
    meanwhile: async (world, faults) => {
      await beginHalf(world, faults, "aborted");
      world.decide("abort-aborted", { requestRef: { name: "aborted-1" }, action: "Abort" });
      await world.sync();
      await world.until("the abort", async () => (await world.rotation("aborted-1"))?.rotation.state === "aborting");
      faults.fail("sink.write", "aborted/job", false);
      await world.ended("aborted-1");
    },
  },
];
