/** A ledger that was restored together with everything on its machine: only the branch remembers. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { request, RestoredWorld } from "./world.ts";

const ACCEPT = ["ledger", "accept", "--reason", "restored from the night; vendors looked at", "--decided-by", "ana"];

it(
  "is noticed by what stands on the branch, held, and goes on when a person accepts",
  { timeout: 90_000 },
  async () => {
    await using world = await RestoredWorld.open();
    const branch = {
      VELVET_CHECKPOINT_GIT_URL: `file://${world.remote.path}`,
      VELVET_CHECKPOINT_FILE: join(world.remote.folder, "first", "checkpoint.json"),
    };
    await world.start(branch);
    await world.commit(request("before"));
    await world.request("before", "done");
    await world.stopAll();
    const backup = await world.backup();
    await world.start(branch);
    await world.commit(request("after", { expect: "Alive" }));
    await world.request("after", "done");
    await world.stopAll(); // publishes once more
    const published = await world.remote.bare("rev-parse", "velvet-checkpoints");
    await world.restore(backup);
    const lost = { ...branch, VELVET_CHECKPOINT_FILE: join(world.remote.folder, "second", "checkpoint.json") };
    const replica = await world.start(lost);
    const { place } = await world.held("LedgerRollback");
    expect(place).toBe(`git:file://${world.remote.path}#velvet-checkpoints`);
    await world.request("after", "pending");
    expect(await world.remote.bare("rev-parse", "velvet-checkpoints")).toBe(published);
    const said = await world.velvet(...ACCEPT);
    expect(said.code, said.err).toBe(0);
    await world.free();
    await world.request("after", "baseline");
    await replica.stop();
    const log = await world.remote.bare("log", "--format=%H", "velvet-checkpoints");
    expect(log.split("\n").indexOf(published)).toBeGreaterThan(0);
    const text = await world.remote.bare("show", "velvet-checkpoints:default.json");
    expect(JSON.parse(text)).toMatchObject({ origin: "default" });
  },
);
