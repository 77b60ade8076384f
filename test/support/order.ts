/**
 * In which order the files of a run begin. Those that keep a core busy take turns with those that wait for servers and processes, the
 * longest first: so that no core is idle in the middle, and none works alone at the end.
 */
import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Whoever computes for ten seconds or more, the longest first. */
export const BUSY = [
  "test/prove/layers/a.test.ts",
  "test/prove/layers/c.test.ts",
  "test/prove/mutants/all.test.ts",
  "test/prove/layers/d-postgres.test.ts",
  "test/prove/sim/memory/memory.test.ts",
  "test/prove/layers/d-memory-1.test.ts",
  "test/prove/layers/d-memory-2.test.ts",
  "test/prove/layers/v.test.ts",
  "test/package.test.ts",
  "test/image/dockerfile.test.ts",
  "test/prove/judge/whole.test.ts",
  "test/prove/layers/found.test.ts",
];

/** Whoever mostly waits, for ten seconds or more, the longest first. */
export const WAITING = [
  "test/prove/kill/kill.test.ts",
  "test/restored/restored.test.ts",
  "test/kubernetes/cli.kubernetes.test.ts",
  "adapters/postgres/conformance.test.ts",
  "test/bad-input/rotation.test.ts",
  "test/kubernetes/rotation.kubernetes.test.ts",
  "controller/ledger/embedded/embedded.test.ts",
  "test/docs/decide.test.ts",
  "test/kubernetes/reflector.kubernetes.test.ts",
  "test/kubernetes/outage.kubernetes.test.ts",
  "test/docs/tutorial.test.ts",
  "test/bad-input/start.test.ts",
  "test/prove/wire/wire.test.ts",
  "test/quickstart.test.ts",
];

/** What stands in neither list begins after them: it fills the gaps. */
function placeOf(path: string): number {
  const busy = BUSY.indexOf(path);
  if (busy >= 0) return 2 * busy;
  const waiting = WAITING.indexOf(path);
  return waiting >= 0 ? 2 * waiting + 1 : Infinity;
}

export class InTurns extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => placeOf(relative(this.ctx.config.root, moduleId));
    const rest = await super.sort(files.filter((file) => place(file) === Infinity));
    const known = files.filter((file) => place(file) < Infinity).toSorted((a, b) => place(a) - place(b));
    return [...known, ...rest];
  }
}
