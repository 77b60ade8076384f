/** What nobody could look at is not accepted unless a person says so, and what was read is what is accepted. */
import { expect, it } from "vitest";
import { ofReport, readReport } from "../../controller/cli/ledger-settled.ts";
import { openOutput } from "../../controller/cli/output.ts";
import { ReportChanged } from "../../controller/checkpoints/accept.ts";
import { listHolds } from "../../controller/ledger/holds.ts";
import { forgetRestored, listRestored } from "../../controller/ledger/restored.ts";
import { testServer } from "../support/postgres.ts";
import { accept } from "./drill.ts";
import { DrillWorld } from "./drill-world.ts";

it("a Credential whose custody cannot be read holds up the acceptance, by name, and its report is another one when it can", async () => {
  await using world = await DrillWorld.open(testServer());
  world.vendor.sinkTraits = { grade: "value", atomic: true, conditional: true };
  await world.start();
  for (const name of ["seen", "blind"]) await world.credential(name);
  await world.sync();
  await world.backup();
  world.request("blind-1", "blind");
  await world.sync();
  await world.ended("blind-1");
  await world.stop();
  await world.restore();
  world.vendor.fault = ({ label, target }) => {
    if (label === "sink.observe" && target === "blind/custody") throw new Error("down");
  };
  await world.start();
  await world.sync();
  const isLookedAt = async () => (await listRestored(world.db)).every(({ truth }) => truth !== null);
  await world.until("the first report", isLookedAt);

  const [blind] = await listRestored(world.db);
  expect(blind?.truth).toMatchObject({ happened: "unseen", acts: [], starts: ["blind-1"] });
  await expect(readReport(context(world), { timeout: "0" }, world.db)).rejects.toMatchObject({
    message: "It is not known yet how it stands with team/blind.",
  });
  const first = await readReport(context(world), { unseen: true }, world.db);

  world.vendor.fault = () => undefined;
  await forgetRestored(world.db);
  await world.until("another report", isLookedAt);
  await expect(readReport(context(world), { report: first.digest }, world.db)).rejects.toMatchObject({
    message: "The report has changed since it was read.",
  });
  await expect(accept(world, await listHolds(world.db), first.views)).rejects.toThrow(ReportChanged);
  expect(() => ofReport(new ReportChanged())).toThrow("The report has changed");
  expect(await listHolds(world.db)).toHaveLength(1);
  const second = await readReport(context(world), {}, world.db);
  expect(second.views.find(({ name }) => name === "blind")?.truth?.happened).toBe("rotated");
  await accept(world, await listHolds(world.db), second.views);
  await world.until("it goes on", async () => !world.isHeld);
});

function context(world: DrillWorld) {
  const { clock } = world.deps();
  const stream = { write: () => undefined };
  const out = openOutput({ stdout: stream, stderr: stream, noColour: "1" });
  const machine = { root: false, home: "/nowhere" };
  return { out, clock, env: {}, machine, random: () => Buffer.alloc(0), stop: new AbortController().signal };
}
