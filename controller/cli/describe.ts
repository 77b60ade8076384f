import type { Db } from "../ledger/db.ts";
import { listHolds } from "../ledger/holds.ts";
import { listAsked } from "../ledger/views.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { registryOf } from "./command.ts";
import { describeRequest, describeRotation, type DescribeReport } from "./describe-report.ts";
import { requestLines, rotationLines } from "./describe-text.ts";
import { heldLines } from "./held-text.ts";
import { namedBy } from "./names.ts";
import { unknownRequest } from "./status.ts";
import { worldOf } from "./world.ts";
import { yamlText } from "./yaml.ts";

export interface DescribeOptions {
  readonly namespace?: string;
  readonly output?: "json" | "yaml";
}

/** `velvet describe`: everything about one rotation, and what a person can do now. */
export async function describeCommand(
  context: CommandContext,
  text: string,
  options: DescribeOptions,
  db: Db,
): Promise<ExitCode> {
  const { out, clock } = context;
  const filter = namedBy(text, options.namespace);
  const [{ rotations: views, requests }, holds, registry] = await Promise.all([
    listAsked(db, filter),
    listHolds(db),
    registryOf(context),
  ]);
  if (views.length + requests.length === 0) throw unknownRequest(text);
  const report: DescribeReport = {
    rotations: views.map((view) => describeRotation(view, worldOf(view, registry))),
    requests: requests.map(describeRequest),
    holds,
  };
  if (options.output === "json") out.json(report);
  else if (options.output === "yaml") out.raw(await yamlText(report));
  else {
    heldLines(holds, out.colours).forEach((line) => out.line(line));
    const blocks = [
      ...report.rotations.map((rotation) => rotationLines(rotation, clock.now(), out.colours)),
      ...report.requests.map((request) => requestLines(request, clock.now(), out.colours)),
    ];
    blocks.flatMap((lines, index) => (index === 0 ? lines : ["", ...lines])).forEach((line) => out.line(line));
  }
  return 0;
}
