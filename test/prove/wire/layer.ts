/** Layer F: every fault on every wire, with stories that go forward and stories that go back. */
import type { Layer, LayerOptions } from "../api.ts";
import { inTurns } from "../layers/turns.ts";
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
  { setup: "re-readable/1xreadable", story: "drift-corrected" },
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

/** In turn over the faults, each of which begins at another story: whoever tells a part of it has told of every fault and of every flow. */
async function* schedules({
  schedules: most = Infinity,
  shard,
  shards,
  skip = 0,
  only = "",
}: LayerOptions): AsyncIterable<string> {
  let index = 0;
  let own = 0;
  for await (const cell of inTurns<Cell>(faults(await canMount()).map(cells))) {
    const text = cellText(cell);
    if (!text.includes(only)) continue;
    if (index >= most) return;
    if (index++ % shards === shard && own++ >= skip) yield text;
  }
}

type CellOf = (told: (typeof TOLD)[number]) => Cell;

function faults(withDisk: boolean): CellOf[] {
  const wires = TARGETS.flatMap((target) =>
    WIRE_FAULTS.map((fault): CellOf => (told) => ({ target, fault, ...told })),
  );
  const servers = SERVER_FAULTS.filter((fault) => withDisk || fault !== "disk-full");
  return [
    ...wires,
    ...servers.map((fault): CellOf => (told) => ({ target: "server", fault, ...told })),
  ];
}

function cells(cellOf: CellOf, place: number): Cell[] {
  const first = place % TOLD.length;
  return [...TOLD.slice(first), ...TOLD.slice(0, first)].map(cellOf);
}
