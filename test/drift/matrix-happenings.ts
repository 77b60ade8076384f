/** What another hand does to one Credential, at its consumers of all grades or at its vendor. */
import { randomUUID } from "node:crypto";
import { Terminal, Transient } from "../../adapters/errors.ts";
import type { Db } from "../../controller/ledger/db.ts";
import { run } from "./steady/ledger.ts";
import { GRADES, type SteadyWorld } from "./steady/world.ts";

export const HAPPENINGS = [
  "changed",
  "removed",
  "reverted",
  "shadowed",
  "renamed",
  "unreachable",
  "double writer",
  "expired",
  "orphan",
  "unknown key",
  "shared value",
] as const;

export type Happening = (typeof HAPPENINGS)[number];

const AT_VENDOR: ReadonlySet<Happening> = new Set<Happening>(["expired", "orphan", "unknown key", "shared value"]);
const FACTS = { vendor: "fake", operation: "observe" };

export function isAtVendor(happened: Happening): boolean {
  return AT_VENDOR.has(happened);
}

export interface Scene {
  readonly db: Db;
  readonly world: SteadyWorld;
  readonly name: string;
}

const ACTS: Readonly<Record<Happening, (scene: Scene) => Promise<void> | void>> = {
  changed: (scene) => everywhere(scene, (at) => scene.world.vendor.overwrite(at, "another")),
  removed: (scene) => everywhere(scene, (at) => scene.world.vendor.overwrite(at, undefined)),
  reverted: (scene) => everywhere(scene, (at) => scene.world.vendor.overwrite(at, `old-${scene.name}`)),
  shadowed: (scene) =>
    everywhere(scene, (at) => scene.world.vendor.shadows.set(`${at} TOKEN`, "the entry TOKEN in env of a container")),
  renamed: (scene) =>
    refusing(scene, () => new Terminal({ reason: "RepositoryMoved", message: "it has another name" }, FACTS)),
  unreachable: (scene) =>
    refusing(scene, () => new Transient({ reason: "ServerError", message: "it does not answer" }, FACTS)),
  "double writer": (scene) => everywhere(scene, (at) => scene.world.vendor.overwrite(at, `mine-${randomUUID()}`)),
  expired: async (scene) => {
    const id = currentOf(scene);
    scene.world.vendor.dates.set(id, { expiresAt: new Date(Date.now() - 1_000).toISOString() });
  },
  orphan: (scene) => {
    const marker = scene.world.vendor.keys.get(currentOf(scene))?.marker;
    plant(scene, marker);
  },
  "unknown key": (scene) => plant(scene, `velvet/steady/${randomUUID()}/${randomUUID()}`),
  "shared value": async ({ db, name }) =>
    run(
      db,
      `with o as (
         insert into velvet.object (kind, namespace, name, source, spec, spec_hash)
         values ('Credential', 'elsewhere', 'twin', 'test', '{}', '') returning uid, namespace, name),
       k as (insert into velvet.credential (uid, namespace, name) select uid, namespace, name from o returning uid)
       insert into velvet.shared_print (credential, field, print)
       select k.uid, s.field, s.print from k, velvet.shared_print s join velvet.credential c on c.uid = s.credential
       where c.name = '${name}'`,
    ),
};

export async function happen(scene: Scene, happened: Happening): Promise<void> {
  await ACTS[happened](scene);
}

function everywhere({ name }: Scene, act: (at: string) => void): void {
  for (const grade of GRADES) act(`${name}/${grade}`);
}

/** Whoever asks for one of its places is refused from now on. */
function refusing({ world: { vendor }, name }: Scene, refusal: () => Error): void {
  const before = vendor.fault;
  vendor.fault = async (call, point) => {
    const isConsumer = GRADES.some((grade) => call.target === `${name}/${grade}`);
    if (call.label === "sink.observe" && point === "before" && isConsumer) throw refusal();
    await before(call, point);
  };
}

function currentOf({ world: { vendor }, name }: Scene): string {
  return vendor.keys.idOf(vendor.held(`${name}/custody`) ?? "") ?? "";
}

function plant({ world: { vendor }, name }: Scene, marker: string | undefined): void {
  vendor.keys.set(`stranger-${name}`, { value: `stranger-${name}`, marker, enabled: true, family: name });
}
