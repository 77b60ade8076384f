/** Layer F: every fault on every wire, with stories that go forward and stories that go back. */
import type { Layer, LayerOptions } from "../api.ts";
import { canMount } from "./own-server.ts";
import { WIRE_FAULTS } from "./proxy.ts";
import { type Cell, cellText, SERVER_FAULTS, TARGETS } from "./schedule.ts";
import { WireWorld } from "./world.ts";

/** A mint class each way that an unknown outcome is found out, and the sorts of places between them. */
const TOLD = [
  { setup: "client-supplied/3xblind", story: "rotate" },
  { setup: "markable/1xcas", story: "rotate" },
  { setup: "re-readable/3xslow", story: "rotate" },
  { setup: "unmarked/1xblind", story: "approve" },
  { setup: "native-grace-all/1xreadable", story: "rotate" },
  { setup: "acceptors/3xmixed", story: "rotate" },
  { setup: "markable/3xblind", story: "abort-distributing" },
  { setup: "re-readable/1xreadable", story: "revoke" },
  { setup: "unmarked/1xblind", story: "preempt-validated" },
  { setup: "markable/1xcas", story: "rehearse" },
  { setup: "manual/1xcas", story: "rotate" },
] as const;

export const layer: Layer = {
  name: "F",
  about: "faults on the wire to the ledger and to the vendor",
  schedules,
  open: async () => {
    const world = await WireWorld.open();
    return { run: async (text) => world.tell(text), [Symbol.asyncDispose]: async () => world[Symbol.asyncDispose]() };
  },
};

async function* schedules({
  schedules: most = Infinity,
  shard,
  shards,
  skip = 0,
  only = "",
}: LayerOptions): AsyncIterable<string> {
  const texts = cells(await canMount()).map(cellText);
  const own = texts
    .filter((text) => text.includes(only))
    .filter((_, index) => index < most && index % shards === shard)
    .slice(skip);
  yield* own;
}

function cells(withDisk: boolean): Cell[] {
  const wires = TARGETS.flatMap((target) =>
    WIRE_FAULTS.flatMap((fault) => TOLD.map((told): Cell => ({ target, fault, ...told }))),
  );
  const servers = SERVER_FAULTS.filter((fault) => withDisk || fault !== "disk-full").flatMap((fault) =>
    TOLD.map((told): Cell => ({ target: "server", fault, ...told })),
  );
  return [...wires, ...servers];
}
