/** What is seen of each kind of drift at each grade, and what becomes of it: with the real adapters, over emulated vendors. */
import { setTimeout as delay } from "node:timers/promises";
import type { Finding } from "../../controller/domain/drift/kinds.ts";
import type { DriftView } from "../../controller/ledger/drift-views.ts";
import type { Place } from "../fan-out/vendors.ts";
import type { RealWatch } from "./real.ts";

export interface Row {
  readonly happened: string;
  readonly place: string;
  readonly grade: string;
  /** `-`: it cannot be seen at this grade. */
  readonly said: string;
  /** The look itself; it comes within `drift.interval`. */
  readonly detectedMs: number;
  readonly corrected: "yes" | "no" | "-";
}

const HAPPENED = ["changed", "reverted", "removed"] as const;

/** Each place is written by another hand in each way; then Velvet may correct. The places hold the right value afterwards. */
export async function driftTable(watch: RealWatch, tell: (row: Row) => void = () => undefined): Promise<Row[]> {
  const rows: Row[] = [];
  for (const happened of HAPPENED) {
    for (const place of watch.vendors.places) {
      const row = await rowOf(watch, happened, place);
      rows.push(row);
      tell(row);
    }
  }
  return rows;
}

async function rowOf(
  watch: RealWatch,
  happened: (typeof HAPPENED)[number],
  { id, held, overwrite }: Place,
): Promise<Row> {
  const right = held();
  await watch.mode("Warn");
  await watch.longAfter();
  overwrite(foreign(happened, watch));
  // What another hand wrote may itself wait for a release.
  await until(() => held() !== right);
  const began = performance.now();
  const view = await watch.look();
  const detectedMs = performance.now() - began;
  const found = view.findings.find(({ place, kind }) => place === id && kind !== "DoubleWriter");
  await watch.mode("Correct");
  const after = await inEffect(watch, id, right);
  const isRight = held() === right;
  const corrected = found === undefined ? "-" : isMended(after, found) && isRight ? "yes" : "no";
  if (!isRight) overwrite(right);
  await until(() => held() === right);
  await settled(watch);
  const grade = view.places[id]?.grade ?? "";
  return { happened, place: id, grade, said: found?.kind ?? "-", detectedMs, corrected };
}

async function until(holds: () => boolean): Promise<void> {
  for (let looks = 0; !holds(); looks += 1) {
    if (looks > 500) throw new Error("another hand's write never came into effect");
    await delay(20);
  }
}

function foreign(happened: (typeof HAPPENED)[number], { vendors }: RealWatch): string | undefined {
  if (happened === "removed") return undefined;
  return happened === "reverted" ? vendors.first.token : "somebody-elses-value-0123456789";
}

/** A correction may wait for a release of the app. */
async function inEffect(watch: RealWatch, id: string, right: string | undefined): Promise<DriftView> {
  let view = await watch.look();
  for (let looks = 0; looks < 100; looks += 1) {
    const waits = view.findings.some(({ place, message }) => place === id && message.includes("not in effect"));
    if (!waits) return view;
    await delay(100);
    view = await watch.look();
  }
  throw new Error(`${id} never held ${right === undefined ? "nothing" : "the right value"} again`);
}

function isMended({ findings }: DriftView, found: Finding): boolean {
  return !findings.some(({ place, kind }) => place === found.place && kind === found.kind);
}

/** What was put back by hand is looked at once more, so that the next row begins with nothing. */
async function settled(watch: RealWatch): Promise<void> {
  const { findings } = await watch.look();
  const open = findings.filter(({ kind }) => kind !== "DoubleWriter" && kind !== "DriftFight");
  if (open.length > 0) throw new Error(`a row left this behind: ${JSON.stringify(open)}`);
}

export function tableLines(rows: readonly Row[]): string[] {
  const head = ["happened", "place", "grade", "said", "look took", "put right"];
  const cells = rows.map((row) => [
    row.happened,
    row.place,
    row.grade,
    row.said === "-" ? "cannot be seen" : row.said,
    `${row.detectedMs.toFixed(0)} ms`,
    row.corrected,
  ]);
  const widths = head.map((title, at) => Math.max(title.length, ...cells.map((line) => line[at]?.length ?? 0)));
  return [head, ...cells].map((line) =>
    line
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
