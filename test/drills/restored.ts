/** The ledger was restored from a backup, and is behind what it had published. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { request, RestoredWorld, rotatedAfterBackup } from "../restored/world.ts";
import { type Drill, assertShown, type Told } from "./drill.ts";

const REPORT = "velvet ledger report";
const ACCEPT = "velvet ledger accept --reason …";

async function held(world: RestoredWorld, file: string): Promise<string> {
  return readFile(join(world.remote.folder, "files", file), "utf8");
}

async function acceptAfterReading(): Promise<Told> {
  await using world = await RestoredWorld.open();
  await world.restore(await rotatedAfterBackup(world));
  const custody = await held(world, "custody/token.json");
  await world.start();
  await world.held("LedgerRollback");
  const { out } = await world.velvet("status");
  const shown = assertShown(out, "Nothing is started. LedgerRollback: The ledger is behind what was published");
  for (const command of [REPORT, ACCEPT]) assertShown(out, command);
  assert.equal(await held(world, "custody/token.json"), custody);
  const report = await world.velvet(...REPORT.split(" ").slice(1));
  assert.equal(report.code, 0, report.err);
  assertShown(report.out, "takes what custody holds for the one in use");
  assertShown(report.out, "takes the request after for executed");
  const words = ACCEPT.split(" ")
    .slice(1)
    .map((word) => (word === "…" ? "restored from the night; the vendors were looked at" : word));
  const said = await world.velvet(...words, "--decided-by", "ana");
  assert.equal(said.code, 0, said.err);
  await world.request("after", "baseline");
  assert.equal(await held(world, "custody/token.json"), custody);
  await world.commit(request("again", { expect: "Alive" }));
  await world.request("again", "done");
  const { value } = JSON.parse(await held(world, "custody/token.json")) as { readonly value: string };
  assert.ok((await held(world, "apps/token.env")).includes(`SECRET=${value}`));
  return { shown, ended: "accepted: what was lost is taken for executed, and goes on from there" };
}

export const RESTORED_DRILLS: readonly Drill[] = [
  {
    situation: "ledger restored from a backup",
    ways: [
      { way: "read the report, look at the vendors, accept", commands: [REPORT, ACCEPT], run: acceptAfterReading },
    ],
  },
];
