import type { CommandContext, ExitCode } from "./command.ts";
import { requestLines, rotationLines } from "./describe-text.ts";
import { heldLines } from "./held-text.ts";
import { namedBy } from "./names.ts";
import type { Reading } from "./reading.ts";
import { unknownRequest } from "./status.ts";
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
  reading: Reading,
): Promise<ExitCode> {
  const { out, clock } = context;
  const report = await reading.described(namedBy(text, options.namespace));
  if (report.rotations.length + report.requests.length === 0) throw unknownRequest(reading, text);
  if (options.output === "json") out.json(report);
  else if (options.output === "yaml") out.raw(await yamlText(report));
  else {
    heldLines(report.holds, out.colours).forEach((line) => out.line(line));
    const blocks = [
      ...report.rotations.map((rotation) => rotationLines(rotation, clock.now(), out.colours)),
      ...report.requests.map((request) => requestLines(request, clock.now(), out.colours)),
    ];
    blocks.flatMap((lines, index) => (index === 0 ? lines : ["", ...lines])).forEach((line) => out.line(line));
  }
  return 0;
}
