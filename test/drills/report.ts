/** The drills' list with results: one row for each way out of each situation. Pure. */
import { type Colours, tableLines } from "../../controller/cli/output.ts";
import type { Drill, Told } from "./drill.ts";

export interface Row {
  readonly situation: string;
  readonly way: string;
  /** What Velvet showed; empty where it failed. */
  readonly shown: string;
  readonly commands: readonly string[];
  readonly ended: string;
  readonly result: "passed" | "failed";
  readonly ms: number;
  /** Why it failed. */
  readonly error?: string;
}

/** Runs one after the other. `only`: of situations that contain this text. `tell` is given each row as it comes. */
export async function runDrills(drills: readonly Drill[], only: string, tell: (row: Row) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { situation, ways } of drills.filter((each) => each.situation.includes(only))) {
    for (const { way, commands, run } of ways) {
      const began = performance.now();
      const outcome = await settled(run);
      const row: Row = { situation, way, commands, ...outcome, ms: Math.round(performance.now() - began) };
      rows.push(row);
      tell(row);
    }
  }
  return rows;
}

async function settled(run: () => Promise<Told>): Promise<Pick<Row, "shown" | "ended" | "result" | "error">> {
  try {
    return { ...(await run()), result: "passed" };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { shown: "", ended: "", result: "failed", error: message };
  }
}

export function reportLines(rows: readonly Row[], colours: Colours): string[] {
  const cells = rows.map(({ situation, shown, way, ended, result }, index) => [
    rows[index - 1]?.situation === situation ? "" : situation,
    shown,
    way,
    ended,
    result === "passed" ? colours.green(result) : colours.red(result),
  ]);
  return tableLines(["SITUATION", "SHOWN", "DONE", "ENDED", "RESULT"], cells);
}

/** After the table: how many, and why those failed that did. */
export function summaryLines(rows: readonly Row[], colours: Colours): string[] {
  const failed = rows.filter(({ result }) => result === "failed");
  const situations = new Set(rows.map(({ situation }) => situation)).size;
  const head = `${situations} situations, ${rows.length} ways out of them: ${rows.length - failed.length} passed, ${failed.length} failed.`;
  return [
    failed.length === 0 ? colours.green(head) : colours.red(head),
    ...failed.map(({ situation, way, error = "" }) => `${situation} (${way}): ${error}`),
  ];
}
