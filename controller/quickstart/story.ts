import type { Clock } from "../../adapters/contract.ts";
import { type Output, printable, tableLines } from "../cli/output.ts";
import { humanDuration } from "../domain/duration.ts";
import type { Condition, RotationStatus } from "../domain/status.ts";
import type { ProbeCounts } from "./prober.ts";

/** What is told while the quickstart runs: steps of its own, then the stages of the rotation. */
export interface Story {
  /** Does one step and tells how long it took. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  tell(text: string): void;
  /** The rotation as it stands: one table replaced in place in a terminal, or a line for each new fact when piped. */
  stages(status: RotationStatus, probes: ProbeCounts): void;
  /** What is told next stands below the table. */
  endStages(): void;
}

const STAGES = ["Verified", "MintApproved", "Minted", "Distributed", "Validated", "RevokeApproved", "Revoked"] as const;

/** Steps stop where `stop` has aborted. */
export function openStory(out: Output, clock: Clock, stop: AbortSignal): Story {
  const startedMs = clock.monotonicMs();
  const told = new Map<string, string>();
  const elapsed = (): string => `+${((clock.monotonicMs() - startedMs) / 1_000).toFixed(1)}s`.padStart(7);

  const plainStages = (status: RotationStatus): void => {
    for (const condition of stagesOf(status)) {
      const fact = `${condition.status}/${condition.reason}`;
      if (condition.status === "Unknown" && condition.reason === "NotReached") continue;
      if (told.get(condition.type) === fact) continue;
      told.set(condition.type, fact);
      const { type, status: is, reason, message } = condition;
      out.line(
        `${elapsed()}  ${type.padEnd(15)}${is.padEnd(9)}${reason}${message === "" ? "" : `: ${printable(message)}`}`,
      );
    }
  };

  return {
    step: async (title, work) => {
      stop.throwIfAborted();
      const beganMs = clock.monotonicMs();
      const result = await work();
      out.line(`${elapsed()}  ${title} (${humanDuration(clock.monotonicMs() - beganMs)})`);
      return result;
    },
    tell: (text) => out.line(`${elapsed()}  ${text}`),
    stages: (status, probes) => (out.live ? out.block(liveLines(out, status, probes)) : plainStages(status)),
    endStages: () => out.endBlock(),
  };
}

function liveLines(out: Output, status: RotationStatus, probes: ProbeCounts): string[] {
  const rows = stagesOf(status).map((condition) => [
    `  ${mark(out, condition)} ${condition.type}`,
    condition.reason === "NotReached" ? "" : condition.reason,
    out.colours.dim(printable(condition.message)),
  ]);
  const failed = probes.failed === 0 ? out.colours.green("0 failed") : out.colours.red(`${probes.failed} failed`);
  return [
    "",
    ...tableLines(["    STAGE", "", ""], rows),
    "",
    `  requests to the app: ${probes.made.toLocaleString("en")} made, ${failed}`,
    "",
  ];
}

function mark({ colours }: Output, { status, reason }: Condition): string {
  if (status === "True") return colours.green("✔");
  if (status === "False") return colours.red("✘");
  return reason === "NotReached" ? colours.dim("·") : colours.yellow("…");
}

function stagesOf({ conditions }: RotationStatus): Condition[] {
  return STAGES.flatMap((type) => conditions.filter((condition) => condition.type === type));
}
